// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

namespace gsttorch {

/// Sets how many threads one operation called from this thread may use. 0 or less selects
/// LibTorch's default (the number of cores, or OMP_NUM_THREADS).
void set_operation_threads(int count);

}  // namespace gsttorch
