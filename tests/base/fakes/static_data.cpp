// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Static data of a file and of a function; each prints to stderr when it is destroyed.
#include <cstdio>

namespace {

struct Static {
  const char* name;
  ~Static() { std::fprintf(stderr, "%s destroyed\n", name); }
};

Static of_file{"that of the file"};

}  // namespace

extern "C" __attribute__((visibility("default"))) const char* name_of_static_data() {
  static const Static of_function{"that of the function"};
  return of_function.name;
}
