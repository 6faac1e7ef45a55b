// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// A library that cannot be loaded because a library that it needs is missing.
extern "C" int gsttorch_nothing();
extern "C" __attribute__((visibility("default"))) int gsttorch_something() {
  return gsttorch_nothing();
}
