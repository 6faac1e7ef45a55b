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

/// An image to be matched with others: what models made of it so far, and its pixels, from which
/// they make more when it is asked for. Whole images' features stay, one for each model and size;
/// of the parts only the one that a model was last asked for. Not thread-safe.
class MatchImage {
 public:
  /// `image` is kept until `copy_pixels` or `drop_pixels`.
  explicit MatchImage(std::shared_ptr<FrameImage> image);

  int width() const { return width_; }    ///< pixels
  int height() const { return height_; }  ///< pixels
  ImageRegion whole() const { return {0, 0, width_, height_}; }

  /// Features of a region, whose longer side is `options.max_size` inside the model at most.
  /// Matches made with them have that region's pixels. `encodes` counts those that had to be made.
  Result<std::shared_ptr<const MatchFrame>> features(MatchModel& model, const MatchOptions& options,
                                                     const ImageRegion& region,
                                                     std::uint64_t& encodes,
                                                     const std::stop_token& stop = {});

  Result<void> copy_pixels();  ///< so that the frame can go
  void drop_pixels();          ///< no features beside those that are there are wanted any more

  std::size_t bytes() const;  ///< that features, and pixels if they were copied, take

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
