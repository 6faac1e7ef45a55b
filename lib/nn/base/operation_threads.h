// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

namespace gsttorch {

/// How many threads one operation may use when it is called from the calling thread; 0 or less: as
/// many as LibTorch takes by itself (the cores, or what OMP_NUM_THREADS says).
void set_operation_threads(int count);

}  // namespace gsttorch
