// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/base/operation_threads.h"

#include <ATen/Parallel.h>

namespace gsttorch {

void set_operation_threads(int count) {
  // LibTorch gives a thread the number that any thread set last, on its first parallel operation.
  // Asking is such an operation: after it the thread keeps what it is told here.
  at::get_num_threads();
  at::set_num_threads(count > 0 ? count : at::intraop_default_num_threads());
}

}  // namespace gsttorch
