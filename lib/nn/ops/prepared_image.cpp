// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/prepared_image.h"

#include <bit>
#include <sstream>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/base/device.h"
#include "lib/nn/base/failure.h"
#include "lib/nn/memory/counters.h"
#include "lib/nn/ops/area_resampling.h"
#include "lib/nn/ops/cuda_kernels.h"
#include "lib/nn/ops/device_image.h"

namespace gsttorch {
namespace {

class PreparedImage final : public Derived {
 public:
  explicit PreparedImage(at::Tensor tensor) : tensor(std::move(tensor)) {}
  std::size_t bytes() const override { return tensor.nbytes(); }
  const at::Tensor tensor;
};

at::Tensor converted(const ImageView& image, const ImageRequest& request) {
  CudaLibrary* kernels = request.device.is_cuda() ? cuda_kernels() : nullptr;
  if (kernels) return image_to_device_tensor(image, request.scale, request.device, *kernels);
  return image_to_tensor(image, request.scale).to(request.device);
}

at::Tensor resized(const ImageView& image, const ImageRequest& r) {
  if (r.filter == ImageFilter::Triangle) return resize(converted(image, r), r.height, r.width);
  if (r.device.is_cpu()) return image_to_area_tensor(image, r.scale, r.height, r.width);
  return resize_area(converted(image, r), r.height, r.width);
}

at::Tensor prepare(FrameImage& frame, const ImageRequest& request) {
  const c10::InferenceMode guard;
  const MemoryScope scope("image");
  const auto view = frame.view();
  if (!view) throw Failure(view.error().code, view.error().message);
  at::Tensor x = resized(*view, request);
  if (request.left || request.right || request.top || request.bottom) {
    x = at::replication_pad2d(x, {request.left, request.right, request.top, request.bottom});
  }
  return x;
}

// Appends the exact bits: scales that differ in the last bit give different images.
void append(std::ostream& text, const std::array<float, 3>& values) {
  for (const float value : values) text << ' ' << std::bit_cast<std::uint32_t>(value);
}

}  // namespace

std::string image_key(const ImageRequest& r) {
  std::ostringstream text;
  text << r.device.str() << ' ' << r.width << 'x' << r.height << " +" << r.left << '+' << r.right
       << '+' << r.top << '+' << r.bottom << (r.filter == ImageFilter::Area ? " area" : "")
       << std::hex;
  append(text, r.scale.scale);
  append(text, r.scale.offset);
  return text.str();
}

at::Tensor prepared_image(FrameImage& frame, const ImageRequest& request) {
  const auto made = frame.get(DerivedKind::Image, image_key(request), [&] {
    auto image = std::make_shared<const PreparedImage>(prepare(frame, request));
    wait_for_work(request.device);
    return image;
  });
  const auto* image = dynamic_cast<const PreparedImage*>(made.get());
  if (!image) throw Failure(ErrorCode::Failed, "the frame's cache returned data of another type");
  return image->tensor;
}

}  // namespace gsttorch
