// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// A library of its own beside each library of ours that brings others with it, GSTTORCH_OWNER. It
// is linked with -z initfirst: its constructor runs when all of them are in place, before any of
// theirs, so they register no destructors even while they are being loaded.
#include "lib/base/static_data.h"

namespace {

__attribute__((constructor)) void keep_static_data_of_owner() {
  // LibTorch may have been there before, with Python's torch: what it did not register yet.
  gsttorch::keep_static_data(GSTTORCH_OWNER, {"libtorch", "libc10"});
}

}  // namespace
