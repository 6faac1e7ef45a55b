// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// A library that loads and does nothing.
extern "C" __attribute__((visibility("default"))) int gsttorch_nothing() { return 0; }
