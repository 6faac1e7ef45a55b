// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cpu/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace gsttorch {
namespace {

thread_local int number_of_thread = 0;
thread_local bool is_in_piece = false;

constexpr int kTurns = 1000;  // of watching before a thread sleeps: some 20 to 50 microseconds

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

// Within its lifetime, the thread computes with zero instead of denormal numbers, which are slow.
class DenormalsAreZero {
 public:
#if defined(__x86_64__)
  DenormalsAreZero() : before_(_mm_getcsr()) { _mm_setcsr(before_ | kFlushToZero | kReadAsZero); }
  ~DenormalsAreZero() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned kFlushToZero = 0x8000, kReadAsZero = 0x0040;
  unsigned before_;
#else
  DenormalsAreZero() {}
  ~DenormalsAreZero() {}

 public:
#endif
  DenormalsAreZero(const DenormalsAreZero&) = delete;
  DenormalsAreZero& operator=(const DenormalsAreZero&) = delete;
};

// The number of the work, of its pieces, and of the next piece, in one word: a thread that takes a
// piece learns at the same time whether it exists. Threads that find none count on, each once per
// work, so that the last part has room for them.
constexpr int kNumberBits = 20;
constexpr std::uint64_t kMask = (std::uint64_t{1} << kNumberBits) - 1;

struct Ticket {
  explicit Ticket(std::uint64_t word) : next(word & kMask), count(word >> kNumberBits & kMask) {}
  bool is_valid() const { return next < count; }
  std::uint64_t next, count;
};

std::uint64_t work_after(std::uint64_t word, std::int64_t count) {
  const std::uint64_t work = (word >> (2 * kNumberBits)) + 1;
  return work << (2 * kNumberBits) | static_cast<std::uint64_t>(count) << kNumberBits;
}

}  // namespace

class ThreadPool::Helpers {
 public:
  explicit Helpers(int count) {
    for (int i = 0; i < count; i++) {
      threads_.emplace_back([this, i] {
        number_of_thread = i + 1;
        help();
      });
    }
  }

  ~Helpers() {
    is_ending_ = true;
    word_ = work_after(word_, 0);
    word_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  void run(std::int64_t count, const Work& work) {
    work_ = work;
    done_.store(0, std::memory_order_relaxed);
    word_.store(work_after(word_.load(std::memory_order_relaxed), count));
    word_.notify_all();
    take_pieces();
    for (int turn = 0; turn < kTurns && done_.load(std::memory_order_acquire) < count; turn++) {
      pause();
    }
    for (std::int64_t done = done_; done < count; done = done_) done_.wait(done);
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  void help() {
    const DenormalsAreZero zero;
    while (!is_ending_) {
      if (take_pieces()) continue;
      const std::uint64_t seen = word_;
      int turn = 0;
      while (turn < kTurns && word_.load(std::memory_order_relaxed) == seen) {
        pause();
        turn++;
      }
      if (turn == kTurns && !Ticket(seen).is_valid()) word_.wait(seen);
    }
  }

  // Returns whether there was one.
  bool take_pieces() {
    bool any = false;
    for (;;) {
      if (!Ticket(word_.load(std::memory_order_acquire)).is_valid()) return any;
      const Ticket ticket(word_.fetch_add(1, std::memory_order_acq_rel));
      if (!ticket.is_valid()) return any;
      any = true;
      call(static_cast<std::int64_t>(ticket.next));
      // The caller may destroy the work as soon as the last piece is counted.
      const auto count = static_cast<std::int64_t>(ticket.count);
      if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == count) done_.notify_all();
    }
  }

  void call(std::int64_t number) {
    is_in_piece = true;
    try {
      work_.call(work_.piece, number);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
    }
    is_in_piece = false;
  }

  alignas(64) std::atomic<std::uint64_t> word_{0};
  alignas(64) std::atomic<std::int64_t> done_{0};
  alignas(64) Work work_;
  std::atomic<bool> is_ending_{false};
  std::mutex mutex_;
  std::exception_ptr error_;
  std::vector<std::thread> threads_;
};

ThreadPool::ThreadPool(int threads) : threads_(std::max(threads, 1)) {}
ThreadPool::~ThreadPool() = default;

int ThreadPool::thread_number() { return number_of_thread; }

void ThreadPool::run_pieces(std::int64_t count, const Work& work) {
  const DenormalsAreZero zero;
  if (threads_ == 1 || count <= 1 || is_in_piece) {
    for (std::int64_t number = 0; number < count; number++) work.call(work.piece, number);
    return;
  }
  if (!helpers_) helpers_ = std::make_unique<Helpers>(threads_ - 1);
  helpers_->run(count, work);
}

}  // namespace gsttorch
