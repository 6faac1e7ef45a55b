// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "gst/loftrmatch/match_result.h"
#include "lib/base/lru_cache.h"
#include "lib/base/result.h"
#include "lib/gst/util/image_loader.h"

namespace gsttorch {

/// The images of `reference-location`, which are independent of the stream. Files are read in a
/// separate thread; the first user of an image prepares it. Thread-bound.
class References {
 public:
  /// Computes a model's features of an image, once per image.
  using Prepare = std::function<Result<void>(MatchImage&)>;

  /// Finds the files that `location` matches, unless they are known, and requests reading them;
  /// drops images prepared for another size inside the model.
  Result<void> find(const std::string& location, int max_size);
  std::size_t size() const { return files_.size(); }
  bool are_there() const;  ///< whether all files have been read
  /// Waits until all files have been read.
  Result<void> wait(const std::stop_token& stop);

  void set_budget(std::size_t bytes) { images_.set_budget(bytes); }  ///< 0: no limit
  std::size_t bytes() const { return images_.counts().bytes; }
  /// Returns the image of the file at `index` and prepares it if necessary; call it only if
  /// are_there(). The image stays until `release`, whatever the budget.
  Result<SharedImage> image(std::size_t index, const Prepare& prepare);
  /// Stores in a result which image it belongs to; call it after `image`.
  void name(std::size_t index, PairMatches& result) const;
  /// Call it when the frames are matched: from then on the budget limits the images, whose sizes
  /// are updated, because images grow when more data is derived from them.
  void release();

 private:
  struct File {
    std::string path;
    guint width = 0, height = 0;  // pixels; 0: not read yet
    SharedImage image;            // in use
  };

  void begin_reading();
  Result<void> make(File& file, const Prepare& prepare);

  std::string location_;
  int max_size_ = 0;
  std::vector<File> files_;
  LruCache<std::string, SharedImage> images_;  // by path
  std::unique_ptr<ImageLoader> loader_ = std::make_unique<ImageLoader>();
};

}  // namespace gsttorch
