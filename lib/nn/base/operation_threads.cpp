// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/base/operation_threads.h"

#include <ATen/Parallel.h>

namespace gsttorch {

void set_operation_threads(int count) {
  // At a thread's first parallel operation, LibTorch sets its thread count to the one that any
  // thread set last. get_num_threads() counts as such an operation; after it, the thread keeps the
  // count set here.
  at::get_num_threads();
  at::set_num_threads(count > 0 ? count : at::intraop_default_num_threads());
}

}  // namespace gsttorch
