// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/prepared_image.h"

#include <bit>
#include <sstream>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/failure.h"
#include "lib/nn/memory/counters.h"

namespace gsttorch {
namespace {

class PreparedImage final : public Derived {
 public:
  explicit PreparedImage(at::Tensor tensor) : tensor(std::move(tensor)) {}
  std::size_t bytes() const override { return tensor.nbytes(); }
  const at::Tensor tensor;
};

at::Tensor prepare(FrameImage& frame, const ImageRequest& request) {
  const c10::InferenceMode guard;
  const MemoryScope scope("image");
  const auto view = frame.view();
  if (!view) throw Failure(view.error().code, view.error().message);
  at::Tensor x = resize(image_to_tensor(*view, request.scale), request.height, request.width);
  if (request.left || request.right || request.top || request.bottom) {
    x = at::replication_pad2d(x, {request.left, request.right, request.top, request.bottom});
  }
  return x.to(request.device);
}

// Exact: scales that differ in the last bit are different pictures.
void append(std::ostream& text, const std::array<float, 3>& values) {
  for (const float value : values) text << ' ' << std::bit_cast<std::uint32_t>(value);
}

}  // namespace

std::string image_key(const ImageRequest& r) {
  std::ostringstream text;
  text << r.device.str() << ' ' << r.width << 'x' << r.height << " +" << r.left << '+' << r.right
       << '+' << r.top << '+' << r.bottom << std::hex;
  append(text, r.scale.scale);
  append(text, r.scale.offset);
  return text.str();
}

at::Tensor prepared_image(FrameImage& frame, const ImageRequest& request) {
  const auto made = frame.get(DerivedKind::Image, image_key(request), [&] {
    return std::make_shared<const PreparedImage>(prepare(frame, request));
  });
  const auto* image = dynamic_cast<const PreparedImage*>(made.get());
  if (!image) throw Failure(ErrorCode::Failed, "a frame that returns what was not made from it");
  return image->tensor;
}

}  // namespace gsttorch
