// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace gsttorch {

/// Who is in the engine, and whether anybody may still enter it. Thread-safe.
class EngineGate {
 public:
  /// The one of the process. Never destroyed.
  static EngineGate& instance();

  /// False once it is closed.
  bool enter();
  void leave();

  /// For good: nobody enters any more. Waits for those inside, but not longer than that; false
  /// where somebody still is.
  bool close(std::chrono::nanoseconds longest);

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  int inside_ = 0;          // guarded by mutex_
  bool is_closed_ = false;  // guarded by mutex_
};

/// A thread's use of the engine, from here to the end of the scope. Where it is false the gate is
/// closed, and the engine is not to be called.
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

/// From now on exit() closes the gate, before it destroys what is there now, if that includes
/// anything that the engine needs. Called after anything was loaded: handlers run newest first.
///
/// LibTorch's data are kept (lib/base/static_data.h) where the engine brought it. A LibTorch that
/// was there before, Python's, and NVIDIA's driver are taken down by exit(): nobody may be in them.
void close_engine_gate_at_exit();

}  // namespace gsttorch
