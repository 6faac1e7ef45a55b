# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The benchmark of tests/bench/run: this project's models beside what others offer."""
