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

/// The frames that later ones are matched with: in mode shot-start the first of the shot, else
/// those of the last `distance`. Forgotten by assigning a default. Thread-bound.
class FrameHistory {
 public:
  struct Earlier {
    GstClockTime pts;
    SharedImage image;  ///< null where there was no memory to keep it
  };

  /// Gives up what is no partner of this frame or a later one: frames before a break, of other
  /// settings, or too old. Whether that is all there was.
  bool begin_frame(const AnalyzedFrame& frame, const LoftrMatchSettings& settings, int max_size);
  /// Bytes that the images may take; 0: no limit.
  void set_budget(std::size_t bytes) { images_.set_budget(bytes); }

  /// Whether a later frame will be matched with this one, of every so many that get a result.
  bool will_ask_for(const AnalyzedFrame& frame, guint interval) const;
  /// Keeps the frame's image, unless no later frame can be matched with it.
  void put(const AnalyzedFrame& frame, const SharedImage& image);
  /// The frame's partner; nothing where none is old enough.
  std::optional<Earlier> partner_of(const AnalyzedFrame& frame);

  /// Frames go when they are analysed: copies those pixels that may still be wanted.
  Result<void> copy_pixels();
  /// Images take more when more was made of them.
  void update_sizes();
  const CacheCounts& counts() const { return images_.counts(); }
  int max_size() const { return max_size_; }  ///< that images are kept for

 private:
  struct Seen {
    std::uint64_t index;
    GstClockTime pts;
  };

  void forget_frames();

  std::deque<Seen> seen_;  // oldest first
  LruCache<std::uint64_t, SharedImage> images_;
  std::vector<SharedImage> fresh_;  // of the frames that are being analysed
  // What they were kept for.
  int max_size_ = 0;
  MatchMode mode_ = MatchMode::Previous;
  guint distance_ = 1;
};

}  // namespace gsttorch
