// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "gst/loftrmatch/found_matches.h"
#include "lib/core/lru_cache.h"
#include "lib/core/result.h"

namespace gsttorch {

/// The pictures of `reference-location`, which stay whatever the stream does. Thread-bound.
class References {
 public:
  /// What a net needs of a picture is made of it once.
  using Prepare = std::function<Result<void>(MatchPicture&)>;

  /// Looks for the files that `location` stands for, unless they are known; pictures of another
  /// size inside the net are given up.
  Result<void> find(const std::string& location, int max_size);
  std::size_t size() const { return files_.size(); }

  void set_budget(std::size_t bytes) { pictures_.set_budget(bytes); }  ///< 0: no limit
  /// The picture of the file at `index`, read and prepared where it is not there.
  Result<SharedPicture> picture(std::size_t index, const Prepare& prepare);
  /// Says in a result which picture it is with; after `picture`.
  void name(std::size_t index, MatchesWithOne& result) const;
  /// Pictures take more when more was made of them.
  void update_sizes();

 private:
  struct File {
    std::string path;
    guint width = 0, height = 0;  // pixels; 0: not read yet
  };

  Result<SharedPicture> read(File& file, const Prepare& prepare);

  std::string location_;
  int max_size_ = 0;
  std::vector<File> files_;
  LruCache<std::string, SharedPicture> pictures_;  // by path
};

}  // namespace gsttorch
