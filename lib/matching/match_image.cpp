// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/matching/match_image.h"

#include <utility>

namespace gsttorch {

MatchImage::MatchImage(std::shared_ptr<FrameImage> image)
    : width_(image->width()), height_(image->height()), image_(std::move(image)) {}

Result<std::shared_ptr<const MatchFrame>> MatchImage::features(MatchModel& model,
                                                               const MatchOptions& options,
                                                               const ImageRegion& region,
                                                               std::uint64_t& encodes,
                                                               const std::stop_token& stop) {
  for (const Made& made : made_) {
    if (made.model == &model && made.max_size == options.max_size && made.region == region) {
      return made.features;
    }
  }
  if (!image_) return Error{ErrorCode::Failed, "the pixels of an image have been released"};
  const bool is_part = region != whole();
  RegionImage part(*image_, region);
  auto features = model.encode(is_part ? part : *image_, options, stop);
  if (!features) return features;
  encodes++;
  if (is_part) {
    std::erase_if(made_,
                  [&](const Made& made) { return made.model == &model && made.region != whole(); });
  }
  made_.push_back({&model, options.max_size, region, *features});
  return features;
}

Result<void> MatchImage::copy_pixels() {
  if (!image_ || copied_bytes_ > 0) return {};
  const auto view = image_->view();
  if (!view) return view.error();
  auto copy = std::make_shared<CopiedImage>(*view);
  copied_bytes_ = copy->bytes();
  image_ = std::move(copy);
  return {};
}

void MatchImage::drop_pixels() {
  image_.reset();
  copied_bytes_ = 0;
}

std::size_t MatchImage::bytes() const {
  std::size_t bytes = copied_bytes_;
  for (const Made& made : made_) bytes += made.features->bytes();
  return bytes;
}

}  // namespace gsttorch
