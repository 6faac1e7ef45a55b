// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/other_pictures.h"

#include <utility>

#include <opencv2/imgproc.hpp>

#include "gst/analysisoverlay/match_painter.h"

namespace gsttorch {
namespace {

constexpr std::size_t kMostFiles = 4;  // that are kept decoded

}  // namespace

void draw_picture(const ReferencePicture& picture, const Canvas& canvas) {
  // Only read from.
  const cv::Mat pixels(picture.height, picture.width, CV_8UC3,
                       const_cast<std::uint8_t*>(picture.rgb.data()),
                       static_cast<std::size_t>(picture.stride));
  cv::Mat stretched;
  cv::resize(pixels, stretched, canvas.pixels.size(), 0, 0, cv::INTER_AREA);
  copy_rgb(stretched, canvas);
}

OtherPicture OtherPictures::find(GstBuffer* buffer, const OverlaySettings& settings) {
  const PairedPicture paired = paired_picture(buffer, settings);
  OtherPicture other;
  if (!paired.file.empty()) {
    other.file = file(paired.file);
  } else if (GST_CLOCK_TIME_IS_VALID(paired.pts)) {
    other.frame = earlier_.find(paired.pts);
  }
  earlier_.keep(buffer, settings.kept_frames);
  return other;
}

std::shared_ptr<const ReferencePicture> OtherPictures::file(const std::string& path) {
  const auto known = files_.find(path);
  if (known != files_.end()) return known->second;
  if (files_.size() >= kMostFiles) files_.clear();
  auto picture = read_reference_picture(path);
  auto& kept = files_[path];
  if (picture) kept = std::make_shared<const ReferencePicture>(std::move(picture).value());
  return kept;
}

}  // namespace gsttorch
