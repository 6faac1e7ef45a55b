// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

namespace gsttorch {

/// The vector instructions for which kernels are compiled.
enum class CpuCapability { Baseline, Avx2, Avx512 };

/// Whether this CPU has the instructions. LibTorch's environment variable ATEN_CPU_CAPABILITY
/// ("default", "avx2" or "avx512") limits the choice, as it limits LibTorch's own kernels.
bool may_use(CpuCapability capability);

}  // namespace gsttorch
