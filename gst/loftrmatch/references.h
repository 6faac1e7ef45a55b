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

/// The images of `reference-location`, which stay whatever the stream does. Files are read in a
/// thread of their own; an image is prepared by whoever asks for it first. Thread-bound.
class References {
 public:
  /// What a model needs of an image is made of it once.
  using Prepare = std::function<Result<void>(MatchImage&)>;

  /// Looks for the files that `location` stands for, unless they are known, and has those read that
  /// are wanted; images of another size inside the model are given up.
  Result<void> find(const std::string& location, int max_size);
  std::size_t size() const { return files_.size(); }
  bool are_there() const;  ///< whether all have been read
  /// Waits until they have.
  Result<void> wait(const std::stop_token& stop);

  void set_budget(std::size_t bytes) { images_.set_budget(bytes); }  ///< 0: no limit
  std::size_t bytes() const { return images_.counts().bytes; }
  /// The image of the file at `index`, prepared where that is not done; only when all are there.
  /// It stays until `release`, whatever the budget.
  Result<SharedImage> image(std::size_t index, const Prepare& prepare);
  /// Says in a result which image it is with; after `image`.
  void name(std::size_t index, PairMatches& result) const;
  /// The frames are matched: images stay as far as the budget goes, and take more when more was
  /// made of them.
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
