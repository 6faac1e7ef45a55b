// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/reference_images.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include <opencv2/imgproc.hpp>

#include "gst/analysisoverlay/match_painter.h"

namespace gsttorch {
namespace {

constexpr std::size_t kMostFiles = 4;  // kept decoded

}  // namespace

void draw_image(const ReferenceImage& image, const Canvas& canvas) {
  // The cast is safe: the pixels are only read.
  const cv::Mat pixels(image.height, image.width, CV_8UC3,
                       const_cast<std::uint8_t*>(image.rgb.data()),
                       static_cast<std::size_t>(image.stride));
  cv::Mat scaled;
  cv::resize(pixels, scaled, canvas.pixels.size(), 0, 0, cv::INTER_AREA);
  copy_rgb(scaled, canvas);
}

ReferenceSource ReferenceImages::find(GstBuffer* buffer, const OverlaySettings& settings) {
  const PairedImage paired = paired_image(buffer, settings);
  ReferenceSource other;
  if (!paired.file.empty()) {
    other.file = file(paired.file);
  } else if (GST_CLOCK_TIME_IS_VALID(paired.pts)) {
    other.frame = earlier_.find(paired.pts);
  }
  earlier_.keep(buffer, settings.history_size);
  return other;
}

std::shared_ptr<const ReferenceImage> ReferenceImages::file(const std::string& path) {
  const auto known = std::ranges::find(files_, path, &File::path);
  if (known != files_.end()) {
    std::rotate(files_.begin(), known, known + 1);
    return files_.front().image;
  }
  auto read = loader_->take(path);
  if (!read) {
    request(path);
    return nullptr;
  }
  std::erase(asked_for_, path);
  if (files_.size() >= kMostFiles) files_.pop_back();
  files_.push_front({path, nullptr});
  if (*read) files_.front().image = std::make_shared<const ReferenceImage>(std::move(**read));
  return files_.front().image;
}

// Limits the list, so that unused requests do not accumulate.
void ReferenceImages::request(const std::string& path) {
  if (std::ranges::find(asked_for_, path) == asked_for_.end()) {
    asked_for_.push_back(path);
    if (asked_for_.size() > kMostFiles) asked_for_.erase(asked_for_.begin());
    loader_->keep_only(asked_for_);
  }
  loader_->request(path);
}

}  // namespace gsttorch
