# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Trains the bundled models; collection, loftr_lite and resnet18_lite are programs."""
