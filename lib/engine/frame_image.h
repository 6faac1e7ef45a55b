// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "lib/base/result.h"
#include "lib/engine/image.h"

namespace gsttorch {

/// Something that was made from a frame and may be of use again. Opaque and immutable.
class Derived {
 public:
  virtual ~Derived() = default;
  virtual std::size_t bytes() const = 0;  ///< memory that it holds
};

enum class DerivedKind {
  Image,     ///< the image as a model wants it: converted, resized, padded, on a device
  Features,  ///< what a model extracted from it
};

/// A frame as the models see it: its pixels, and what was made from them before. Several elements
/// of a pipeline, and several threads, may ask one frame for the same things. Thread-safe.
class FrameImage {
 public:
  using Make = std::function<std::shared_ptr<const Derived>()>;

  virtual ~FrameImage() = default;

  virtual int width() const = 0;   ///< pixels
  virtual int height() const = 0;  ///< pixels

  /// The pixels, mapped on the first call; valid as long as this object.
  virtual Result<ImageView> view() = 0;

  /// What `make` returns, made once for each key: a second thread that asks for it waits. The key
  /// names everything that the result depends on beside the pixels. What `make` throws comes out,
  /// and the next one tries again. `make` may ask this frame for other keys.
  virtual std::shared_ptr<const Derived> get(DerivedKind kind, const std::string& key,
                                             const Make& make) = 0;
};

/// An image that is used once: nothing is kept.
class SingleUseImage final : public FrameImage {
 public:
  explicit SingleUseImage(ImageView view) : view_(std::move(view)) {}

  int width() const override { return view_.width; }
  int height() const override { return view_.height; }
  Result<ImageView> view() override { return view_; }
  std::shared_ptr<const Derived> get(DerivedKind, const std::string&, const Make& make) override {
    return make();
  }

 private:
  ImageView view_;
};

}  // namespace gsttorch
