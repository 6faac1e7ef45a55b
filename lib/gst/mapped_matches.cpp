// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/mapped_matches.h"

#include <string>

namespace gsttorch {

Result<MappedMatches> MappedMatches::create(GstBuffer* buffer, guint count) {
  auto mapped = MappedBuffer::create(buffer, gsize{count} * MatchRows::kRowBytes,
                                     "array of " + std::to_string(count) + " matches");
  if (!mapped) return mapped.error();
  const MatchRows rows{mapped->data(), count};
  return MappedMatches(std::move(mapped).value(), rows);
}

}  // namespace gsttorch
