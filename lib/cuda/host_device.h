// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

/// Marks functions that run in kernels and, for tests without a GPU, on the CPU.
#if defined(__CUDACC__)
#define GSTTORCH_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define GSTTORCH_HOST_DEVICE inline
#endif
