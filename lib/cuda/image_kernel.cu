// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cuda/image_kernel.h"

namespace gsttorch {
namespace {

// The 32 threads of a block's row access neighbouring pixels together.
constexpr int kBlockWidth = 32, kBlockHeight = 8;

int blocks(int pixels, int block) { return (pixels + block - 1) / block; }

__global__ void convert(PixelSource source, PixelLayout layout, float* out) {
  const int x = blockIdx.x * kBlockWidth + threadIdx.x;
  const int y = blockIdx.y * kBlockHeight + threadIdx.y;
  if (x < source.width && y < source.height) convert_pixel(source, layout, x, y, out);
}

}  // namespace

cudaError_t launch_convert_image(const PixelSource& source, PixelLayout layout, cudaStream_t stream,
                                 float* out) {
  const dim3 block(kBlockWidth, kBlockHeight);
  const dim3 grid(blocks(source.width, kBlockWidth), blocks(source.height, kBlockHeight));
  convert<<<grid, block, 0, stream>>>(source, layout, out);
  return cudaGetLastError();
}

}  // namespace gsttorch
