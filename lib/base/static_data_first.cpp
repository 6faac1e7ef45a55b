// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Built as a separate library beside each of our libraries that pulls in others (GSTTORCH_OWNER).
// It is linked with -z initfirst: its constructor runs when all of them are mapped, before any of
// their constructors, so they register no destructors even while they are being loaded.
#include "lib/base/static_data.h"

namespace {

__attribute__((constructor)) void keep_static_data_of_owner() {
  // Python's torch may have loaded LibTorch earlier; this covers the destructors not yet
  // registered.
  gsttorch::keep_static_data(GSTTORCH_OWNER, {"libtorch", "libc10"});
}

}  // namespace
