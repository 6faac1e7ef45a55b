// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <atomic>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/gst/perfmeter/perfmeter_fixture.h"

namespace gsttorch {
namespace {

using ::testing::IsEmpty;

// Records which threads lock one pad's stream lock.
struct LockWatch {
  std::atomic<GRecMutex*> lock{nullptr};
  std::mutex mutex;
  std::set<std::thread::id> threads;  // guarded by mutex

  void note(const GRecMutex* taken) {
    if (taken != lock.load()) return;
    const std::lock_guard guard(mutex);
    threads.insert(std::this_thread::get_id());
  }
};
LockWatch& lock_watch() {
  static auto* const watch = new LockWatch;
  return *watch;
}

template <typename Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// Runs a function repeatedly on its own threads until it goes out of scope.
class Meanwhile {
 public:
  explicit Meanwhile(const std::function<void()>& body, int threads = 1) {
    for (int i = 0; i < threads; i++) {
      threads_.emplace_back([this, body] {
        while (!is_over_) {
          body();
          rounds_++;
        }
      });
    }
  }
  ~Meanwhile() {
    is_over_ = true;
    for (auto& thread : threads_) thread.join();
  }
  Meanwhile(const Meanwhile&) = delete;
  Meanwhile& operator=(const Meanwhile&) = delete;

  int rounds() const { return rounds_; }

 private:
  std::atomic<bool> is_over_{false};
  std::atomic<int> rounds_{0};
  std::vector<std::thread> threads_;
};

Ref<GstElement> child(const Ref<GstElement>& bin, const char* name) {
  return Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(bin.get()), name));
}

TEST(PerfMeterThreads, stats_can_be_read_while_it_is_restarted) {
  const auto pipeline = parse(
      "videotestsrc is-live=true ! video/x-raw,width=16,height=16,framerate=500/1 ! queue ! "
      "perfmeter name=m measure=pipeline interval=1000000 ! fakesink sync=false");
  const auto meter = child(pipeline, "m");
  const Meanwhile polling([&] { EXPECT_TRUE(stats_of(meter.get()).has("source")); }, 2);
  for (int i = 0; i < 60; i++) {
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    const int seen = polling.rounds();
    while (polling.rounds() < seen + 3) std::this_thread::yield();
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  }
}

TEST(PerfMeterThreads, elements_may_come_and_go_while_it_stops) {
  const auto bin = parse("( perfmeter name=m measure=pipeline interval=1000000 )");
  const auto meter = child(bin, "m");
  const Meanwhile changing(
      [&] {
        GstElement* added = gst_element_factory_make("tee", nullptr);
        gst_bin_add(GST_BIN(bin.get()), added);
        const auto pad = Ref<GstPad>::adopt(gst_element_request_pad_simple(added, "src_%u"));
        gst_element_release_request_pad(added, pad.get());
        gst_bin_remove(GST_BIN(bin.get()), added);
      },
      2);
  for (int i = 0; i < 300; i++) {
    gst_element_set_state(meter.get(), GST_STATE_READY);
    EXPECT_TRUE(stats_of(meter.get()).entry("elements", "m"));
    gst_element_set_state(meter.get(), GST_STATE_NULL);
  }
  EXPECT_GT(changing.rounds(), 0);
}

TEST(PerfMeterThreads, the_stream_may_end_while_it_is_stopped) {
  const auto pipeline = parse(
      "videotestsrc num-buffers=2 ! perfmeter name=m measure=pipeline progress=messages ! "
      "fakesink");
  const auto meter = child(pipeline, "m");
  const Meanwhile polling([&] { stats_of(meter.get()); });
  for (int i = 0; i < 60; i++) {
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    if (i % 2) {
      EXPECT_TRUE(wait_for(pipeline.get(), "eos"));
    }
    gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  }
}

TEST(PerfMeterThreads, never_locks_a_stream_lock_of_other_pads) {
  const auto pipeline = parse(
      "videotestsrc is-live=true ! perfmeter name=m measure=pipeline interval=0 ! fakesink "
      "name=end");
  const auto meter = child(pipeline, "m"), end = child(pipeline, "end");
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(end.get(), "sink"));
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  gst_element_get_state(pipeline.get(), nullptr, nullptr, GST_CLOCK_TIME_NONE);
  static std::atomic<std::thread::id> streaming;
  const GstPadProbeCallback note = [](GstPad*, GstPadProbeInfo*, gpointer) {
    streaming = std::this_thread::get_id();
    return GST_PAD_PROBE_OK;
  };
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, note, nullptr, nullptr);
  lock_watch().lock = GST_PAD_GET_STREAM_LOCK(pad.get());
  const auto is_sampled = [&] {
    Record last = stats_of(meter.get()).entry("elements", "end");
    return last && last.has("busy") && stats_of(meter.get()).has("bottleneck");
  };
  while (!is_sampled()) g_usleep(5000);
  lock_watch().lock = nullptr;
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);

  const std::lock_guard guard(lock_watch().mutex);
  EXPECT_EQ(lock_watch().threads.erase(streaming), 1u) << "locks are seen";
  EXPECT_THAT(lock_watch().threads, IsEmpty());
}

}  // namespace
}  // namespace gsttorch

// Replaces GLib's function, also for GStreamer and the plugin.
extern "C" __attribute__((visibility("default"))) gboolean g_rec_mutex_trylock(GRecMutex* lock) {
  static auto* const try_lock = gsttorch::original<gboolean(GRecMutex*)>("g_rec_mutex_trylock");
  gsttorch::lock_watch().note(lock);
  return try_lock(lock);
}
extern "C" __attribute__((visibility("default"))) void g_rec_mutex_lock(GRecMutex* lock) {
  static auto* const take = gsttorch::original<void(GRecMutex*)>("g_rec_mutex_lock");
  gsttorch::lock_watch().note(lock);
  take(lock);
}
