// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <utility>

#include <gst/gst.h>

#include "lib/base/result.h"
#include "lib/formats/match_file.h"
#include "lib/gst/mapped_flow.h"

namespace gsttorch {

/// The matches of a match meta mapped for reading. Metas may come from other software: a buffer too
/// small for its count is an Error and is never read. Borrows the buffer, which must outlive it.
class MappedMatches {
 public:
  static Result<MappedMatches> create(GstBuffer* buffer, guint count);

  const MatchRows& rows() const { return rows_; }

 private:
  MappedMatches(MappedBuffer buffer, const MatchRows& rows)
      : buffer_(std::move(buffer)), rows_(rows) {}

  MappedBuffer buffer_;
  MatchRows rows_;
};

}  // namespace gsttorch
