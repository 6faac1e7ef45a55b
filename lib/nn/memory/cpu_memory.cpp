// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/memory/cpu_memory.h"

#include <algorithm>
#include <atomic>
#include <limits>

#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>

#include "lib/base/address_sanitizer.h"
#include "lib/nn/memory/counters.h"
#include "lib/nn/memory/page_pool.h"

namespace gsttorch {
namespace {

constexpr std::uintptr_t kPage = 4096;
constexpr std::uint8_t kPriority = 200;  // above every allocator of LibTorch

/// Precedes each block and records what to subtract when the block is freed, on any thread.
struct alignas(64) Header {
  void* base;  // the inner allocator's pointer
  std::size_t bytes;
  StageCounter* stage;
  std::uint64_t unused[4];
  std::uint64_t mark;  // last, so that it lies directly before the block's bytes
};
static_assert(sizeof(Header) == 64);

// Blocks of at least this size are whole pages of the pool. AddressSanitizer does not check pool
// memory, so its builds allocate every block from the heap.
constexpr std::size_t kLarge = 64 * 1024;

bool is_large(std::size_t bytes) { return !kAddressSanitizer && bytes >= kLarge; }

std::uint64_t mark_of(const void* data) {
  return reinterpret_cast<std::uintptr_t>(data) ^ 0x9d4f6c2be5a1873full;
}

/// Counts allocations and delegates to the previous allocator, so that LibTorch's own switches
/// (huge pages, the profiler) still work.
class CountingAllocator final : public c10::Allocator {
 public:
  explicit CountingAllocator(c10::Allocator* inner) : inner_(inner) {}

  c10::DataPtr allocate(std::size_t bytes) override {
    if (bytes == 0) return {nullptr, nullptr, &release, c10::Device(c10::kCPU)};
    void* data = take(bytes);
    return {data, data, &release, c10::Device(c10::kCPU)};
  }

  // oneDNN allocates and frees its tensors by address alone.
  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void* to, const void* from, std::size_t count) const override {
    default_copy_data(to, from, count);
  }

  MemoryReport report() const {
    MemoryReport report;
    report.current = total_.current();
    report.peak = total_.peak();
    report.reserved = report.current - std::min(report.current, pool_.in_use()) + pool_.reserved();
    report.limit = limit_.load(std::memory_order_relaxed);
    report.blocks = blocks_.load(std::memory_order_relaxed);
    report.stages = stage_report();
    return report;
  }

  void reset_peak() {
    total_.reset_peak();
    reset_stage_peaks();
  }

  void set_limit(std::size_t bytes) { limit_.store(bytes, std::memory_order_relaxed); }
  void trim() { pool_.trim(); }
  void fail_after(std::int64_t allocations) { fail_after_.store(allocations); }

 private:
  bool fails_now() {
    return fail_after_.load(std::memory_order_relaxed) >= 0 && fail_after_.fetch_sub(1) == 0;
  }

  void* take(std::size_t bytes) {
    const std::size_t limit = limit_.load(std::memory_order_relaxed);
    const bool absurd = bytes > std::numeric_limits<std::size_t>::max() - 2 * sizeof(Header);
    if (absurd || fails_now() || !total_.add_within(bytes, limit)) refuse(bytes, limit);
    StageCounter& stage = current_stage();
    void* base = nullptr;
    try {
      base = is_large(bytes) ? take_large(bytes) : inner_->raw_allocate(bytes + 2 * sizeof(Header));
    } catch (...) {
      total_.subtract(bytes);
      throw;
    }
    if (!base) {
      total_.subtract(bytes);
      refuse(bytes, limit);
    }
    stage.bytes.add(bytes);
    blocks_.fetch_add(1, std::memory_order_relaxed);
    return place(base, bytes, stage);
  }

  // Null if there is no memory left. LibTorch's profiler is notified here; for other blocks the
  // inner allocator does it.
  void* take_large(std::size_t bytes) {
    void* base = pool_.take(bytes + sizeof(Header));
    if (base) c10::profiledCPUMemoryReporter().New(base, bytes);
    return base;
  }

  void give(void* base, std::size_t bytes) {
    if (!is_large(bytes)) return inner_->raw_deallocate(base);
    c10::profiledCPUMemoryReporter().Delete(base);
    pool_.give(base, bytes + sizeof(Header));
  }

  // The data never starts at a page boundary, so header_of() can safely read the bytes before any
  // other address.
  static void* place(void* base, std::size_t bytes, StageCounter& stage) {
    Header* header = static_cast<Header*>(base);
    if (reinterpret_cast<std::uintptr_t>(header + 1) % kPage == 0) header++;
    void* data = header + 1;
    header->base = base;
    header->bytes = bytes;
    header->stage = &stage;
    header->mark = mark_of(data);
    forbid_edges(header);
    return data;
  }

  // Poisons the memory around the block's own bytes.
  static void forbid_edges(Header* header) {
    if (!kAddressSanitizer) return;
    char* const data = reinterpret_cast<char*>(header + 1);
    const char* const end = static_cast<char*>(header->base) + header->bytes + 2 * sizeof(Header);
    forbid_access(data + header->bytes, static_cast<std::size_t>(end - data) - header->bytes);
    forbid_access(header, sizeof(Header));
  }

  [[noreturn]] void refuse(std::size_t bytes, std::size_t limit) const {
    TORCH_CHECK_WITH(
        OutOfMemoryError, false, "out of memory: cannot allocate ", bytes, " bytes; ",
        total_.current(), " bytes are in use, and ",
        limit ? "the limit is " + std::to_string(limit) : std::string("no limit is set"));
  }

  /// Blocks of the previous allocator may arrive here: LibTorch frees oneDNN's memory with the
  /// allocator that is registered at that time.
  __attribute__((no_sanitize_address, no_sanitize_thread)) static Header* header_of(void* data) {
    if (reinterpret_cast<std::uintptr_t>(data) % kPage == 0) return nullptr;
    Header* header = static_cast<Header*>(data) - 1;
    return header->mark == mark_of(data) ? header : nullptr;
  }

  static void release(void* data);

  c10::Allocator* const inner_;
  PagePool pool_;
  PeakCounter total_;
  std::atomic<std::size_t> blocks_ = 0;
  std::atomic<std::size_t> limit_ = 0;
  std::atomic<std::int64_t> fail_after_ = -1;
};

c10::Allocator* inner_allocator() {
  c10::Allocator* before = c10::GetCPUAllocator();
  return before->raw_deleter() ? before : c10::GetDefaultCPUAllocator();
}

// Never destroyed: static objects of other libraries may free tensors with it at exit.
CountingAllocator& counting_allocator() {
  static auto* const allocator = new CountingAllocator(inner_allocator());
  return *allocator;
}

void CountingAllocator::release(void* data) {
  if (!data) return;
  CountingAllocator& self = counting_allocator();
  Header* header = header_of(data);
  if (!header) return self.inner_->raw_deallocate(data);
  allow_access(header, sizeof(Header));
  self.total_.subtract(header->bytes);
  self.blocks_.fetch_sub(1, std::memory_order_relaxed);
  header->stage->bytes.subtract(header->bytes);
  header->mark = 0;
  self.give(header->base, header->bytes);
}

}  // namespace

void install_counting_allocator() {
  static const bool installed = [] {
    c10::SetCPUAllocator(&counting_allocator(), kPriority);
    return true;
  }();
  static_cast<void>(installed);
}

MemoryReport cpu_memory() { return counting_allocator().report(); }
void reset_cpu_memory_peak() { counting_allocator().reset_peak(); }
void set_cpu_memory_limit(std::size_t bytes) { counting_allocator().set_limit(bytes); }
void trim_cpu_memory() { counting_allocator().trim(); }
void fail_cpu_allocation_after(std::int64_t n) { counting_allocator().fail_after(n); }

}  // namespace gsttorch
