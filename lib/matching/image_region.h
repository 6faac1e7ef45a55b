// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/engine/frame_image.h"

namespace gsttorch {

/// A rectangular part of an image, in pixels.
struct ImageRegion {
  int x = 0, y = 0;
  int width = 0, height = 0;

  bool operator==(const ImageRegion&) const = default;
};

/// Left and upper edges of regions are multiples of this, which suits the chroma subsampling of
/// every format.
inline constexpr int kRegionStep = 2;

/// Returns a view of a part of an image, without copying. The region must lie inside the image and
/// begin at multiples of kRegionStep.
ImageView view_of_region(const ImageView& image, const ImageRegion& region);

/// Returns a number that two images of the same format and size share if their pixels are equal. If
/// they differ, they share it with a probability of 2^-64.
std::uint64_t hash_of_pixels(const ImageView& image);

/// A part of a frame as a frame of its own. Borrows the whole frame, which caches the data derived
/// from the part under keys that include the region.
class RegionImage final : public FrameImage {
 public:
  RegionImage(FrameImage& whole, const ImageRegion& region) : whole_(whole), region_(region) {}

  int width() const override { return region_.width; }
  int height() const override { return region_.height; }
  Result<ImageView> view() override;
  std::shared_ptr<const Derived> get(DerivedKind kind, const std::string& key,
                                     const Make& make) override;

 private:
  FrameImage& whole_;
  const ImageRegion region_;
};

/// A copy of a frame's pixels that may outlive the frame. It caches no derived data.
class CopiedImage final : public FrameImage {
 public:
  explicit CopiedImage(const ImageView& image);

  int width() const override { return view_.width; }
  int height() const override { return view_.height; }
  std::size_t bytes() const { return pixels_.size(); }
  Result<ImageView> view() override { return view_; }
  std::shared_ptr<const Derived> get(DerivedKind, const std::string&, const Make& make) override {
    return make();
  }

 private:
  std::vector<std::uint8_t> pixels_;
  ImageView view_;
};

}  // namespace gsttorch
