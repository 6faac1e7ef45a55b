// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/device_image.h"

#include <cstring>

#include <ATen/ATen.h>

#include "lib/nn/base/failure.h"
#include "lib/nn/ops/cuda_kernels.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kAlignment = 256;  // of each plane, bytes: full memory transactions

struct Extent {
  std::int64_t row_bytes = 0, rows = 0;

  std::int64_t bytes() const {
    return (row_bytes * rows + kAlignment - 1) / kAlignment * kAlignment;
  }
};
using Extents = std::array<Extent, 3>;

// The bytes per row and the rows of each plane, without padding.
Extents extents(const ImageView& image) {
  const std::int64_t w = image.width, h = image.height;
  const std::int64_t half_w = (w + 1) / 2, half_h = (h + 1) / 2;
  switch (image.format) {
    case PixelFormat::NV12:
      return {{{w, h}, {2 * half_w, half_h}}};
    case PixelFormat::I420:
      return {{{w, h}, {half_w, half_h}, {half_w, half_h}}};
    case PixelFormat::Y42B:
      return {{{w, h}, {half_w, h}, {half_w, h}}};
    case PixelFormat::Y444:
      return {{{w, h}, {w, h}, {w, h}}};
    case PixelFormat::YUY2:
    case PixelFormat::UYVY:
      return {{{4 * half_w, h}}};
    case PixelFormat::I420_10LE:
      return {{{2 * w, h}, {2 * half_w, half_h}, {2 * half_w, half_h}}};
    case PixelFormat::P010_10LE:
      return {{{2 * w, h}, {4 * half_w, half_h}}};
    case PixelFormat::RGB:
    case PixelFormat::BGR:
      return {{{3 * w, h}}};
    case PixelFormat::RGBx:
    case PixelFormat::BGRx:
    case PixelFormat::RGBA:
    case PixelFormat::BGRA:
      return {{{4 * w, h}}};
    case PixelFormat::GRAY8:
      return {{{w, h}}};
  }
  return {};
}

// Copies the planes one after the other, without the padding between rows.
void pack(const ImageView& image, const Extents& planes, std::uint8_t* to) {
  for (std::size_t i = 0; i < planes.size(); i++) {
    for (std::int64_t y = 0; y < planes[i].rows; y++) {
      std::memcpy(to + y * planes[i].row_bytes, image.planes[i].data + y * image.planes[i].stride,
                  static_cast<std::size_t>(planes[i].row_bytes));
    }
    to += planes[i].bytes();
  }
}

ImageView packed_view(const ImageView& image, const Extents& planes, const std::uint8_t* data) {
  ImageView view = image;
  for (std::size_t i = 0; i < planes.size(); i++) {
    view.planes[i] = {data, planes[i].row_bytes};
    data += planes[i].bytes();
  }
  return view;
}

}  // namespace

at::Tensor image_to_device_tensor(const ImageView& image, const PixelScale& scale,
                                  c10::Device device, CudaLibrary& kernels) {
  const Extents planes = extents(image);
  const std::int64_t bytes = planes[0].bytes() + planes[1].bytes() + planes[2].bytes();
  // The pinned memory belongs to LibTorch, which does not reuse it before the device has read it.
  const at::Tensor packed =
      at::empty({bytes}, at::TensorOptions(at::kByte).pinned_memory(device.is_cuda()));
  pack(image, planes, packed.data_ptr<std::uint8_t>());
  const at::Tensor uploaded = packed.to(device, /*non_blocking=*/true);
  at::Tensor out =
      at::empty({1, 3, image.height, image.width}, at::TensorOptions(at::kFloat).device(device),
                at::MemoryFormat::ChannelsLast);
  const auto converted = kernels.convert_image(
      packed_view(image, planes, uploaded.data_ptr<std::uint8_t>()), scale,
      PixelLayout::ChannelsLast, device.index(), current_stream(device), out.data_ptr<float>());
  if (!converted) throw Failure(converted.error().code, converted.error().message);
  return out;
}

}  // namespace gsttorch
