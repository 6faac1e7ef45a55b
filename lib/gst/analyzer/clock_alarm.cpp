// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/analyzer/clock_alarm.h"

#include <atomic>
#include <mutex>
#include <utility>

namespace gsttorch {

// Outlives the alarm while the clock's thread is about to call.
struct ClockAlarm::Call {
  std::mutex mutex;
  const std::function<void()>* ring = nullptr;  // guarded by mutex; null: nobody waits any more
  std::atomic<bool> has_rung = false;
};

ClockAlarm::ClockAlarm(std::function<void()> ring) : ring_(std::move(ring)) {}

ClockAlarm::~ClockAlarm() { cancel(); }

void ClockAlarm::set(GstClock* clock, GstClockTime time) {
  cancel();
  clock_ = Ref<GstClock>::share(clock);
  time_ = time;
  call_ = std::make_shared<Call>();
  call_->ring = &ring_;
  const auto wait = [this](GstClock* on, GstClockTime until) {
    id_ = gst_clock_new_single_shot_id(on, until);
    return gst_clock_id_wait_async(
        id_,
        [](GstClock*, GstClockTime, GstClockID, gpointer data) -> gboolean {
          Call& call = **static_cast<std::shared_ptr<Call>*>(data);
          const std::lock_guard lock(call.mutex);
          call.has_rung = true;
          if (call.ring) (*call.ring)();
          return TRUE;
        },
        new std::shared_ptr<Call>(call_),
        [](gpointer data) { delete static_cast<std::shared_ptr<Call>*>(data); });
  };
  if (wait(clock, time) == GST_CLOCK_OK) return;
  gst_clock_id_unref(std::exchange(id_, nullptr));
  const auto system = Ref<GstClock>::adopt(gst_system_clock_obtain());
  const GstClockTime now = gst_clock_get_time(clock);
  wait(system.get(), gst_clock_get_time(system.get()) + (time > now ? time - now : 0));
}

bool ClockAlarm::is_set(GstClock* clock, GstClockTime time) const {
  return call_ && clock_.get() == clock && time_ == time && !call_->has_rung;
}

void ClockAlarm::cancel() {
  if (!call_) return;
  gst_clock_id_unschedule(id_);
  gst_clock_id_unref(std::exchange(id_, nullptr));
  const std::shared_ptr<Call> call = std::move(call_);
  const std::lock_guard lock(call->mutex);
  call->ring = nullptr;
}

}  // namespace gsttorch
