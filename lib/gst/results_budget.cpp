// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/results_budget.h"

#include <string>

#include "lib/gst/gsttorchmemory-private.h"
#include "lib/gst/util/boundary.h"

namespace gsttorch {
namespace {

std::string megabytes(guint64 bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

bool ResultsBudget::admits(GstElement* element, std::size_t bytes) {
  guint64 used = 0, bound = 0;
  if (gst_torch_results_fit(bytes, &used, &bound)) return true;
  if (has_warned_.exchange(true)) return false;
  post_warning(element, {ErrorCode::OutOfMemory,
                         "Result arrays use " + megabytes(used) + " of " + megabytes(bound) +
                             ", and the next frame requires " + megabytes(bytes) +
                             " more. The element attaches figures without arrays until downstream "
                             "releases some arrays. Use shorter "
                             "queues, attach=summary or a larger memory-limit of the runtime"});
  return false;
}

}  // namespace gsttorch
