// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace gsttorch {

/// Counts the threads that use the engine, and can be closed to new ones. Thread-safe.
class EngineGate {
 public:
  /// The gate of this process. Never destroyed.
  static EngineGate& instance();

  /// Returns false once the gate is closed.
  bool enter();
  void leave();

  /// Closes the gate for good. Waits at most `longest` for the threads inside; returns false if
  /// some are still inside then.
  bool close(std::chrono::nanoseconds longest);

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  int inside_ = 0;          // guarded by mutex_
  bool is_closed_ = false;  // guarded by mutex_
};

/// A thread's use of the engine until the end of the scope. If it is false, the gate is closed, and
/// the engine must not be called.
class EngineUse {
 public:
  explicit EngineUse(EngineGate& gate = EngineGate::instance())
      : gate_(gate), is_inside_(gate.enter()) {}
  ~EngineUse() {
    if (is_inside_) gate_.leave();
  }
  EngineUse(const EngineUse&) = delete;
  EngineUse& operator=(const EngineUse&) = delete;

  explicit operator bool() const { return is_inside_; }

 private:
  EngineGate& gate_;
  const bool is_inside_;
};

/// Makes exit() close the gate before it destroys what exists now, if that includes anything that
/// the engine needs. Call it after each load: exit handlers run newest first.
///
/// LibTorch's static data are never destroyed (lib/base/static_data.h) if the engine loaded
/// LibTorch. If the process had loaded it before (Python's), exit() destroys it, as it does
/// NVIDIA's driver: no thread may be using them then.
void close_engine_gate_at_exit();

}  // namespace gsttorch
