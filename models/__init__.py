# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Model cards, their tables and the training programs: python3 -m models.evaluate, models.train.*.

Run them from the root of the repository.
"""
