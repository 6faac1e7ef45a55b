// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "lib/base/result.h"
#include "lib/engine/match_model.h"
#include "lib/matching/image_region.h"

namespace gsttorch {

/// An image to match with others: the features that models have extracted so far, and the pixels
/// for extracting more on demand. Caches the features of whole images for each model and size; of
/// regions, only each model's last one. Not thread-safe.
class MatchImage {
 public:
  /// Keeps a reference to `image` until `copy_pixels` or `drop_pixels`.
  explicit MatchImage(std::shared_ptr<FrameImage> image);

  int width() const { return width_; }    ///< pixels
  int height() const { return height_; }  ///< pixels
  ImageRegion whole() const { return {0, 0, width_, height_}; }

  /// Returns features of a region, whose longer side inside the model is at most
  /// `options.max_size`. Matches made with them are in that region's pixels. Increments `encodes`
  /// if the features had to be computed.
  Result<std::shared_ptr<const MatchFrame>> features(MatchModel& model, const MatchOptions& options,
                                                     const ImageRegion& region,
                                                     std::uint64_t& encodes,
                                                     const std::stop_token& stop = {});

  Result<void> copy_pixels();  ///< so that the frame can be released
  void drop_pixels();          ///< call it if only the cached features will be needed

  std::size_t bytes() const;  ///< size of the features and of copied pixels

 private:
  struct Made {
    const MatchModel* model;
    int max_size;
    ImageRegion region;
    std::shared_ptr<const MatchFrame> features;
  };

  const int width_, height_;
  std::shared_ptr<FrameImage> image_;
  std::size_t copied_bytes_ = 0;
  std::vector<Made> made_;
};

}  // namespace gsttorch
