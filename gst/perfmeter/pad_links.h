// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "gst/perfmeter/element_watch.h"

namespace gsttorch {

using WatchedElements = std::vector<std::shared_ptr<ElementWatch>>;

/// Links between watched pads, with ghost pads resolved. Borrows the pads: valid while the elements
/// that it was made from exist. Thread-bound.
class PadLinks {
 public:
  PadLinks() = default;
  explicit PadLinks(const WatchedElements& elements);

  PadWatch* peer_of(const PadWatch& pad) const;  ///< null if the peer is not watched

 private:
  std::unordered_map<const PadWatch*, PadWatch*> peers_;
};

/// Returns the same elements ordered from source to sink.
WatchedElements in_stream_order(const WatchedElements& elements, const PadLinks& links);

}  // namespace gsttorch
