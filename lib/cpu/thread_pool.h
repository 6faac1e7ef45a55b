// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace gsttorch {

/// Threads that help one thread with work that consists of many independent pieces.
///
/// Whoever is free takes the next piece, the caller too. The caller never waits for a helper that
/// has taken none, so that a helper without a core costs only its share of the work. Helpers that
/// wait for work watch for it for some microseconds, then they sleep. Denormal numbers are zero
/// during the work, in the caller too.
class ThreadPool {
 public:
  /// `threads` counts the caller; 1 or less: no helpers. Helpers are started when there is work for
  /// the first time.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return threads_; }

  /// Calls piece(0) to piece(count - 1), each once, in any order and at the same time; returns when
  /// all have returned. `count` is below 2^20. The first exception of a piece is thrown again when
  /// the others have ended. A piece that calls it, of any pool, does all the pieces itself. Must
  /// not be called by two threads at the same time.
  template <typename Piece>
  void run(std::int64_t count, Piece&& piece) {
    using Callable = std::remove_reference_t<Piece>;
    run_pieces(count, {[](const void* work, std::int64_t number) {
                         (*static_cast<Callable*>(const_cast<void*>(work)))(number);
                       },
                       &piece});
  }

  /// Within a piece: the number of its thread, below threads(). Otherwise 0.
  static int thread_number();

 private:
  class Helpers;
  struct Work {
    void (*call)(const void* work, std::int64_t number) = nullptr;
    const void* piece = nullptr;
  };
  void run_pieces(std::int64_t count, const Work& work);

  int threads_;
  std::unique_ptr<Helpers> helpers_;
};

}  // namespace gsttorch
