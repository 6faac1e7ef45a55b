// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/memory/counters.h"

#include <list>
#include <mutex>

namespace gsttorch {
namespace {

/// Blocks point at their counters and may be freed after all other static objects are destroyed, so
/// this one is never destroyed.
struct Stages {
  std::mutex mutex;
  std::list<StageCounter> counters;  // guarded by mutex; addresses are stable
};

Stages& stages() {
  static auto* const all = new Stages;
  return *all;
}

thread_local StageCounter* current = nullptr;

}  // namespace

bool PeakCounter::add_within(std::size_t amount, std::size_t limit) {
  const std::size_t before = current_.load(std::memory_order_relaxed);
  if (limit != 0 && (amount > limit || before > limit - amount)) return false;
  if (add(amount) <= limit || limit == 0) return true;
  subtract(amount);  // another thread was faster
  return false;
}

StageCounter& stage_counter(std::string_view model, std::string_view stage) {
  Stages& all = stages();
  const std::lock_guard lock(all.mutex);
  for (StageCounter& counter : all.counters) {
    if (counter.model == model && counter.stage == stage) return counter;
  }
  StageCounter& counter = all.counters.emplace_back();
  counter.model = model;
  counter.stage = stage;
  return counter;
}

StageCounter& current_stage() {
  static StageCounter& none = stage_counter("", "");
  return current ? *current : none;
}

std::vector<StageMemory> stage_report() {
  Stages& all = stages();
  const std::lock_guard lock(all.mutex);
  std::vector<StageMemory> report;
  for (const StageCounter& counter : all.counters) {
    report.push_back({counter.model, counter.stage, counter.bytes.current(), counter.bytes.peak()});
  }
  return report;
}

void reset_stage_peaks() {
  Stages& all = stages();
  const std::lock_guard lock(all.mutex);
  for (StageCounter& counter : all.counters) counter.bytes.reset_peak();
}

MemoryScope::MemoryScope(std::string_view model, std::string_view stage) : outer_(current) {
  current = &stage_counter(model, stage);
}

MemoryScope::MemoryScope(std::string_view stage) : MemoryScope(current_stage().model, stage) {}

MemoryScope::~MemoryScope() { current = outer_; }

}  // namespace gsttorch
