// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/engine/frame_image.h"

namespace gsttorch {

/// A smooth grey pattern shifted by (dx, dy) pixels.
struct Image {
  Image(int width, int height, double dx = 0, double dy = 0)
      : pixels(static_cast<std::size_t>(width) * height) {
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        const double u = x - dx, v = y - dy;
        const double wave = std::sin(u * 0.21) * std::cos(v * 0.17) +
                            std::sin(u * 0.05 + v * 0.11) + std::sin(u * 0.53 - v * 0.37) * 0.5;
        pixels[static_cast<std::size_t>(y) * width + x] =
            static_cast<std::uint8_t>(128 + 48 * wave);
      }
    }
    view.format = PixelFormat::GRAY8;
    view.color.full_range = true;
    view.width = width;
    view.height = height;
    view.planes[0] = {pixels.data(), width};
  }
  std::vector<std::uint8_t> pixels;
  ImageView view;
};

/// A frame that caches and counts the data derived from it.
class KeepingFrame final : public FrameImage {
 public:
  explicit KeepingFrame(const Image& image) : view_(image.view) {}

  int width() const override { return view_.width; }
  int height() const override { return view_.height; }
  Result<ImageView> view() override {
    views++;
    return view_;
  }
  std::shared_ptr<const Derived> get(DerivedKind kind, const std::string& key,
                                     const Make& make) override {
    const auto known = kept_.find({kind, key});
    if (known != kept_.end()) return known->second;
    auto made = make();
    (kind == DerivedKind::Image ? images : features)++;
    return kept_[{kind, key}] = std::move(made);
  }

  int views = 0, images = 0, features = 0;  ///< how often each was requested or computed

 private:
  ImageView view_;
  std::map<std::pair<DerivedKind, std::string>, std::shared_ptr<const Derived>> kept_;
};

}  // namespace gsttorch
