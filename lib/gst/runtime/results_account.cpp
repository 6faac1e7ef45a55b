// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/runtime/results_account.h"

#include <limits>

#include <unistd.h>

namespace gsttorch {
namespace {

constexpr std::size_t kShare = 4;

std::size_t machine_memory() {
  const long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || bytes <= 0) return std::numeric_limits<std::size_t>::max();
  return static_cast<std::size_t>(pages) * static_cast<std::size_t>(bytes);
}

}  // namespace

// Never destroyed: arrays may be freed until the process ends.
ResultsAccount& ResultsAccount::instance() {
  static ResultsAccount* const account = new ResultsAccount;
  return *account;
}

std::size_t ResultsAccount::bound() const {
  const std::size_t limit = memory_limit_;
  static const std::size_t all = machine_memory();
  return (limit > 0 ? limit : all) / kShare;
}

bool ResultsAccount::fits(std::size_t bytes) const {
  const std::size_t bound = this->bound(), used = bytes_;
  return used <= bound && bytes <= bound - used;
}

}  // namespace gsttorch
