// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "gst/loftrmatch/match_result.h"
#include "gst/loftrmatch/match_settings.h"
#include "lib/base/lru_cache.h"
#include "lib/base/result.h"

namespace gsttorch {

/// The frames that later ones are matched with: in mode shot-start the first one of the shot, else
/// those of the last `distance`. Reset by assigning a default. Thread-bound.
class FrameHistory {
 public:
  struct Earlier {
    GstClockTime pts;
    SharedImage image;  ///< null if there was no memory to keep it
  };

  /// Drops frames that cannot be paired with this frame or a later one: frames before a
  /// discontinuity, with other settings, or too old. Returns whether the history was reset.
  bool begin_frame(const AnalyzedFrame& frame, const LoftrMatchSettings& settings, int max_size);
  /// Limits the bytes of the images; 0: no limit.
  void set_budget(std::size_t bytes) { images_.set_budget(bytes); }

  /// Whether a later frame will be matched with this one, if every `interval`-th frame gets a
  /// result.
  bool will_ask_for(const AnalyzedFrame& frame, guint interval) const;
  /// Keeps the frame's image, unless no later frame can be matched with it.
  void put(const AnalyzedFrame& frame, const SharedImage& image);
  /// The earlier frame to match with; nothing if none is old enough.
  std::optional<Earlier> partner_of(const AnalyzedFrame& frame);

  /// Copies the pixels that may still be needed, because frames are released once they are
  /// analysed.
  Result<void> copy_pixels();
  /// Updates the images' sizes: images grow when more data is derived from them.
  void update_sizes();
  const CacheCounts& counts() const { return images_.counts(); }
  int max_size() const { return max_size_; }  ///< that the images were prepared for

 private:
  struct Seen {
    std::uint64_t index;
    GstClockTime pts;
  };

  void forget_frames();

  std::deque<Seen> seen_;  // oldest first
  LruCache<std::uint64_t, SharedImage> images_;
  std::vector<SharedImage> fresh_;  // images of the frames being analysed
  // The settings that the frames are kept for.
  int max_size_ = 0;
  MatchMode mode_ = MatchMode::Previous;
  guint distance_ = 1;
};

}  // namespace gsttorch
