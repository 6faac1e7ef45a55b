// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <map>

#include <glib.h>

namespace gsttorch {

/// The batches of one size.
struct BatchCounts {
  guint64 batches = 0;
  double ms = 0;  ///< sum over them
};

/// What an analyser has done since it was started.
struct AnalyzerCounts {
  guint64 frames = 0;                          ///< that came in
  guint64 analyzed = 0;                        ///< whose result was wanted and computed
  guint64 batches = 0;                         ///< calls of the analysis
  guint64 skipped = 0;                         ///< on purpose
  guint64 skipped_late = 0;                    ///< of these: in a live pipeline, for lack of time
  guint64 copied = 0;                          ///< copied because upstream's pool has too few
  double inference_ms = 0;                     ///< sum over all batches
  std::map<std::size_t, BatchCounts> by_size;  ///< frames whose result was wanted -> their batches
};

}  // namespace gsttorch
