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

/// Data derived from a frame that can be reused. Opaque and immutable.
class Derived {
 public:
  virtual ~Derived() = default;
  virtual std::size_t bytes() const = 0;  ///< memory that it uses
};

enum class DerivedKind {
  Image,     ///< the model's input: converted, resized, padded, on a device
  Features,  ///< the features that a model extracted
};

/// A frame as the models see it: its pixels and the data derived from them. Several elements of a
/// pipeline, and several threads, may request the same data from one frame. Thread-safe.
class FrameImage {
 public:
  using Make = std::function<std::shared_ptr<const Derived>()>;

  virtual ~FrameImage() = default;

  virtual int width() const = 0;   ///< pixels
  virtual int height() const = 0;  ///< pixels

  /// Returns the pixels, mapped on the first call; valid as long as this object.
  virtual Result<ImageView> view() = 0;

  /// Returns the result of `make`, which is called once per key: a second thread that requests the
  /// key waits. The key must name everything that the result depends on besides the pixels. If
  /// `make` throws, the exception propagates and the next request calls `make` again. `make` may
  /// request other keys from this frame.
  virtual std::shared_ptr<const Derived> get(DerivedKind kind, const std::string& key,
                                             const Make& make) = 0;
};

/// An image that is used once: it caches nothing.
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
