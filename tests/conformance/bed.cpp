// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tests/conformance/bed.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include <gst/video/video.h>

#include "lib/engine/frame_image.h"
#include "lib/gst/util/ref.h"
#include "tests/support/clock_time.h"
#include "tests/support/parse.h"
#include "tests/support/test_analyzer.h"

namespace gsttorch::conformance {
namespace {

constexpr GstClockTime kFrame = 40 * GST_MSECOND;
constexpr int kMostPushes = 500;
struct Video {
  const char* format;
  int width, height, rate;
};
constexpr Video kCaps[kCapsCount] = {
    {"GRAY8", 16, 8, 25}, {"GRAY8", 24, 10, 25}, {"RGB", 16, 8, 25}, {"GRAY8", 16, 8, 50}};
constexpr auto kDeep =
    static_cast<GstBufferCopyFlags>(GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_DEEP);
constexpr GstFlowReturn kErrors[] = {GST_FLOW_ERROR, GST_FLOW_EOS, GST_FLOW_NOT_NEGOTIATED,
                                     GST_FLOW_CUSTOM_ERROR};

guint8 pixel(guint64 serial, int x, int y) {
  return static_cast<guint8>(serial * 37 + static_cast<guint64>(x) * 5 +
                             static_cast<guint64>(y) * 11);
}

std::string text_of(const GstEvent* event) {
  std::string text = GST_EVENT_TYPE_NAME(event);
  if (const GstStructure* structure = gst_event_get_structure(const_cast<GstEvent*>(event))) {
    gchar* fields = gst_structure_to_string(structure);
    text += std::string(" ") + fields;
    g_free(fields);
  }
  return text;
}

std::vector<std::string> sticky_events(GstPad* pad) {
  std::vector<std::string> events;
  gst_pad_sticky_events_foreach(
      pad,
      [](GstPad*, GstEvent** event, gpointer to) -> gboolean {
        static_cast<std::vector<std::string>*>(to)->push_back(text_of(*event));
        return TRUE;
      },
      &events);
  return events;
}

/// What the script knows of a buffer that it pushed.
struct Pushed {
  int epoch = 0;     // flushes before it
  std::string caps;  // in force
  guint32 segment = 0;
};

enum class Outcome { Success, Error, Throws };

class Bed {
 public:
  Bed(const Script& script, const Subject& subject)
      : script_(script),
        subject_(subject),
        cropped_{3 * subject.scale, 2 * subject.scale, 8 * subject.scale, 4 * subject.scale} {
    if (subject.is_analyzer) set_up_work();
    make_element();
    make_pads();
    if (script.setup.pool > 0) set_pool();
    if (script.setup.live) {
      gst_element_set_clock(element_.get(), time_.clock());
      gst_element_set_base_time(element_.get(), 0);
    }
    gst_element_set_state(element_.get(), GST_STATE_PLAYING);
  }
  ~Bed() {
    stop_fiddling();
    gst_pad_set_active(sink_.get(), FALSE);
    gst_element_set_state(element_.get(), GST_STATE_NULL);
    gst_pad_set_active(src_.get(), FALSE);
    if (other_) gst_element_set_state(other_.get(), GST_STATE_NULL);
    gst_bus_set_flushing(bus_.get(), TRUE);  // its messages keep the elements, which keep it
    free_pool();
  }
  Bed(const Bed&) = delete;
  Bed& operator=(const Bed&) = delete;

  Observation run() {
    if (script_.setup.sets_properties && subject_.is_analyzer) start_fiddling();
    push_stream_start();
    push_caps(0);
    push_segment(kTime);
    for (const Step& step : script_.steps) do_step(step);
    settle();
    finish();
    return std::move(seen_);
  }

 private:
  // --- set-up

  void set_up_work() {
    TestWork& work = reset_test_work();
    work.look_ahead = script_.setup.look_ahead;
    work.analyze = [this](std::span<AnalyzedFrame> frames, std::stop_token) -> Result<void> {
      for (const AnalyzedFrame& frame : frames) verify_view(frame);
      const int us = script_.setup.work_us * static_cast<int>(frames.size());
      if (us > 0) g_usleep(static_cast<gulong>(us));
      return outcome();
    };
  }
  Result<void> outcome() const {
    switch (work_outcome_) {
      case Outcome::Throws:
        throw std::runtime_error("the work throws");
      case Outcome::Error:
        return Error{ErrorCode::Failed, "the work fails"};
      case Outcome::Success:
        break;
    }
    return {};
  }

  /// The visible part of a frame is what its crop meta says.
  void verify_view(const AnalyzedFrame& frame) {
    if (!frame.image) return;
    const auto view = frame.image->view();
    if (!view) return;
    const GstVideoCropMeta* crop = gst_buffer_get_video_crop_meta(frame.buffer.get());
    const int x = crop ? cropped_.x : 0, y = crop ? cropped_.y : 0;
    const guint64 serial = GST_BUFFER_OFFSET(frame.buffer.get());
    if (crop && (view->width != cropped_.w || view->height != cropped_.h)) {
      problem("analysed " + std::to_string(view->width) + "x" + std::to_string(view->height) +
              " of a cropped frame");
    }
    if (view->planes[0].data[0] != pixel(serial, x, y)) {
      problem("analysed other pixels than those of buffer " + std::to_string(serial));
    }
  }

  std::string one(int number) const {
    std::string named = subject_.launch + " name=x" + std::to_string(number);
    if (const auto at = named.find("{}"); at != std::string::npos) {
      named.replace(at, 2, std::to_string(number));
    }
    if (!subject_.is_analyzer) return named;
    return named + " batch-size=" + std::to_string(script_.setup.batch_size) +
           " batch-timeout=2000000";
  }

  void make_element() {
    std::string line = one(0);
    for (int i = 1; i < script_.setup.in_a_row; i++) line += " ! " + one(i);
    if (script_.setup.tee) {
      line =
          "tee name=t t. ! fakesink async=false sync=false enable-last-sample=false t. ! " + line;
    }
    const bool is_one = !script_.setup.tee && script_.setup.in_a_row == 1;
    element_ = is_one ? parse_launch(line)
                      : Ref<GstElement>::adopt(GST_ELEMENT(gst_object_ref_sink(parse_bin(line))));
    bus_ = Ref<GstBus>::adopt(gst_bus_new());
    gst_element_set_bus(element_.get(), bus_.get());
  }
  void make_pads() {
    src_ = Ref<GstPad>::adopt(GST_PAD(gst_object_ref_sink(gst_pad_new("src", GST_PAD_SRC))));
    sink_ = Ref<GstPad>::adopt(GST_PAD(gst_object_ref_sink(gst_pad_new("sink", GST_PAD_SINK))));
    for (const auto& pad : {src_.get(), sink_.get()}) gst_pad_set_element_private(pad, this);
    gst_pad_set_event_function(src_.get(), [](GstPad* pad, GstObject*, GstEvent* e) -> gboolean {
      of(pad).upstream_event(Ref<GstEvent>::adopt(e).get());
      return TRUE;
    });
    gst_pad_set_query_function(src_.get(), [](GstPad* pad, GstObject* parent, GstQuery* query) {
      return static_cast<gboolean>(of(pad).answer_upstream(query) ||
                                   gst_pad_query_default(pad, parent, query));
    });
    gst_pad_set_chain_function(sink_.get(), [](GstPad* pad, GstObject*, GstBuffer* buffer) {
      return of(pad).arrive(Ref<GstBuffer>::adopt(buffer).get());
    });
    gst_pad_set_event_function(sink_.get(), [](GstPad* pad, GstObject*, GstEvent* e) -> gboolean {
      of(pad).arrive(Ref<GstEvent>::adopt(e).get());
      return TRUE;
    });
    gst_pad_set_query_function(sink_.get(), [](GstPad* pad, GstObject* parent, GstQuery* query) {
      return static_cast<gboolean>(answer_downstream(query) ||
                                   gst_pad_query_default(pad, parent, query));
    });
    gst_pad_set_active(src_.get(), TRUE);
    gst_pad_set_active(sink_.get(), TRUE);
    link(src_.get(), pad("sink").get());
    link(pad("src").get(), sink_.get());
  }
  static Bed& of(GstPad* pad) { return *static_cast<Bed*>(gst_pad_get_element_private(pad)); }
  static void link(GstPad* from, GstPad* to) {
    g_assert_cmpint(gst_pad_link_full(from, to, GST_PAD_LINK_CHECK_NOTHING), ==, GST_PAD_LINK_OK);
  }
  Ref<GstPad> pad(const char* name) const {
    return Ref<GstPad>::adopt(gst_element_get_static_pad(element_.get(), name));
  }

  void set_pool() {
    pool_ = gst_buffer_pool_new();
    GstStructure* config = gst_buffer_pool_get_config(pool_);
    const auto size = static_cast<guint>(script_.setup.pool);
    const auto bytes = static_cast<guint>(4096 * subject_.scale * subject_.scale);
    gst_buffer_pool_config_set_params(config, nullptr, bytes, size, size);
    gst_buffer_pool_set_config(pool_, config);
    gst_buffer_pool_set_active(pool_, TRUE);
  }
  void free_pool() {
    if (!pool_) return;
    gst_buffer_pool_set_active(pool_, FALSE);
    gst_object_unref(pool_);
  }

  // --- the two ends

  static bool answer_downstream(GstQuery* query) {
    switch (GST_QUERY_TYPE(query)) {
      case GST_QUERY_ACCEPT_CAPS:
        gst_query_set_accept_caps_result(query, TRUE);
        return true;
      case GST_QUERY_CAPS: {
        GstCaps* filter = nullptr;
        gst_query_parse_caps(query, &filter);
        const auto any = Ref<GstCaps>::adopt(filter ? gst_caps_ref(filter) : gst_caps_new_any());
        gst_query_set_caps_result(query, any.get());
        return true;
      }
      case GST_QUERY_DRAIN:
      case GST_QUERY_ALLOCATION:
        return true;
      case GST_QUERY_CUSTOM:
        gst_structure_set(gst_query_writable_structure(query), "answer", G_TYPE_INT, 42, nullptr);
        return true;
      default:
        return false;
    }
  }
  bool answer_upstream(GstQuery* query) const {
    switch (GST_QUERY_TYPE(query)) {
      case GST_QUERY_LATENCY:
        gst_query_set_latency(query, script_.setup.live, 0, GST_CLOCK_TIME_NONE);
        return true;
      case GST_QUERY_POSITION:
        gst_query_set_position(query, GST_FORMAT_TIME, 42);
        return true;
      default:
        return false;
    }
  }

  void upstream_event(const GstEvent* event) {
    // How often a pad is asked to renegotiate is the element's business.
    if (GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE) return;
    const std::lock_guard lock(mutex_);
    seen_.upstream.emplace_back(GST_EVENT_TYPE_NAME(event));
  }

  GstFlowReturn arrive(GstBuffer* buffer) {
    if (const int us = sink_us_; us > 0) g_usleep(static_cast<gulong>(us));
    if (script_.setup.clocked) wait_for_time_of(buffer);
    const std::lock_guard lock(mutex_);
    verify(buffer);
    to_->push_back(describe(buffer));
    return sink_flow_;
  }

  /// A sink with a clock that runs 200 times as fast as others, and that has little patience.
  void wait_for_time_of(GstBuffer* buffer) {
    if (!GST_BUFFER_PTS_IS_VALID(buffer)) return;
    const auto stream_us = static_cast<gint64>(GST_BUFFER_PTS(buffer) / GST_USECOND / 200);
    const gint64 now = g_get_monotonic_time();
    if (!clock_start_us_ || stream_us < last_stream_us_) clock_start_us_ = now - stream_us;
    last_stream_us_ = stream_us;
    const gint64 due = *clock_start_us_ + stream_us;
    if (due > now) g_usleep(static_cast<gulong>(std::min<gint64>(due - now, 2000)));
    if (due > now + 2000) clock_start_us_ = now - stream_us;
  }

  void arrive(GstEvent* event) {
    if (const int us = sink_us_; us > 0) g_usleep(static_cast<gulong>(us));
    const std::lock_guard lock(mutex_);
    switch (GST_EVENT_TYPE(event)) {
      case GST_EVENT_FLUSH_START:
        return;
      case GST_EVENT_FLUSH_STOP:
        sink_epoch_ = epoch_;
        return;
      case GST_EVENT_CAPS: {
        GstCaps* caps = nullptr;
        gst_event_parse_caps(event, &caps);
        gst_video_info_from_caps(&sink_info_, caps);
        gchar* text = gst_caps_to_string(caps);
        sink_caps_ = text;
        g_free(text);
        break;
      }
      case GST_EVENT_SEGMENT:
        sink_segment_ = gst_event_get_seqnum(event);
        break;
      default:
        break;
    }
    if (!GST_EVENT_IS_SERIALIZED(event)) {
      seen_.others.push_back(text_of(event));
      return;
    }
    to_->push_back(text_of(event));
  }

  /// Rules for every buffer that arrives, whatever the script does. With mutex_.
  void verify(GstBuffer* buffer) {
    const auto serial = GST_BUFFER_OFFSET(buffer);
    const std::string name = "buffer " + std::to_string(serial);
    const auto at = pushed_.find(serial);
    if (at == pushed_.end()) return problem_locked(name + " was never pushed");
    if (last_serial_ && serial <= *last_serial_) {
      problem_locked(name + " after buffer " + std::to_string(*last_serial_));
    }
    last_serial_ = serial;
    if (serial <= unordered_until_) return;
    if (at->second.epoch < sink_epoch_) problem_locked(name + " is from before a flush");
    if (at->second.caps != sink_caps_) problem_locked(name + " under other caps: " + sink_caps_);
    if (at->second.segment != sink_segment_) problem_locked(name + " in another segment");
  }

  /// With mutex_.
  std::string describe(GstBuffer* buffer) {
    const auto time = [](GstClockTime t) {
      return GST_CLOCK_TIME_IS_VALID(t) ? std::to_string(t / GST_USECOND) : std::string("none");
    };
    const guint flags = GST_BUFFER_FLAGS(buffer) &
                        (GST_BUFFER_FLAG_DISCONT | GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_MARKER);
    return "buffer " + std::to_string(GST_BUFFER_OFFSET(buffer)) + " pts " +
           time(GST_BUFFER_PTS(buffer)) + " duration " + time(GST_BUFFER_DURATION(buffer)) +
           " flags " + std::to_string(flags) + " sum " +
           std::to_string(subject_.draws ? 0 : sum_of(buffer)) + metas_of(buffer);
  }
  long sum_of(GstBuffer* buffer) {
    if (!sink_info_.finfo) return -1;  // no caps came: `verify` says whether that is a fault
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &sink_info_, buffer, GST_MAP_READ)) return -1;
    long sum = 0;
    const int bytes =
        GST_VIDEO_FRAME_COMP_WIDTH(&frame, 0) * GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, 0);
    for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT(&frame); y++) {
      const auto* row = static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)) +
                        static_cast<long>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
      for (int x = 0; x < bytes; x++) sum = (sum * 31 + row[x]) % 1000003;
    }
    gst_video_frame_unmap(&frame);
    return sum;
  }
  /// Metas that the element did not add itself.
  static std::string metas_of(GstBuffer* buffer) {
    std::vector<std::string> names;
    gpointer state = nullptr;
    while (const GstMeta* meta = gst_buffer_iterate_meta(buffer, &state)) {
      const std::string name = g_type_name(meta->info->api);
      if (name.find("orch") == std::string::npos) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) text += " " + name;
    return text;
  }

  // --- steps

  void do_step(const Step& step) {
    switch (step.op) {
      case Op::Buffers:
        for (int i = 0; i < step.a; i++) push(make_buffer(i == 0 ? step.b : kPlain));
        break;
      case Op::List:
        push_list(step.a);
        break;
      case Op::Caps:
        push_caps(step.a);
        break;
      case Op::Segment:
        push_segment(step.a);
        break;
      case Op::SegmentDone:
        push_event(gst_event_new_segment_done(GST_FORMAT_TIME, static_cast<gint64>(next_pts_)));
        break;
      case Op::Gap:
        push_event(gst_event_new_gap(next_pts_, kFrame));
        next_pts_ += kFrame;
        break;
      case Op::Tag:
        push_event(gst_event_new_tag(gst_tag_list_new(
            GST_TAG_TITLE, ("title " + std::to_string(++names_)).c_str(), nullptr)));
        break;
      case Op::Custom:
        push_event(custom(GST_EVENT_CUSTOM_DOWNSTREAM));
        break;
      case Op::CustomSticky:
        push_event(custom(GST_EVENT_CUSTOM_DOWNSTREAM_STICKY));
        break;
      case Op::CustomOob:
        push_event(custom(GST_EVENT_CUSTOM_DOWNSTREAM_OOB));
        break;
      case Op::StreamStart:
        push_stream_start();
        push_caps(caps_index_);
        push_segment(kTime);
        break;
      case Op::Query:
        query(step.a);
        break;
      case Op::UpstreamEvent:
        gst_pad_push_event(sink_.get(), upstream_event(step.a));
        break;
      case Op::SlowSink:
        sink_us_ = step.a;
        break;
      case Op::OtherPipeline:
        toggle_other();
        break;
      case Op::Wait:
        g_usleep(static_cast<gulong>(step.a));
        break;
      case Op::Flush:
        flush(1, step.a != 0);
        break;
      case Op::FlushStopAlone: {
        // Nobody stops the data first: what is on its way may lose the events before it.
        const std::lock_guard lock(mutex_);
        unordered_until_ = serial_;
      }
        push_flush_stop(TRUE);
        push_segment(kTime);
        break;
      case Op::FlushTwice:
        flush(2, true);
        break;
      case Op::EosThenFlush:
        push_event(gst_event_new_eos());
        note_return("data after EOS", push(make_buffer(kPlain)));
        flush(1, true);
        break;
      case Op::EosThenStream:
        push_event(gst_event_new_eos());
        wait_for_eos();
        if (!subject_.is_analyzer) wait_for_queues();
        do_step({Op::StreamStart});
        break;
      case Op::Unlink:
        unlink(step.a != 0);
        break;
      case Op::SinkError:
        fail_downstream(kErrors[step.a]);
        break;
      case Op::StateCycle:
        cycle_state(step.a);
        break;
      case Op::WorkError:
        fail_work(step.a ? Outcome::Throws : Outcome::Error, step.b != 0);
        break;
    }
  }

  void push_event(GstEvent* event) { gst_pad_push_event(src_.get(), event); }
  GstEvent* custom(GstEventType type) {
    return gst_event_new_custom(
        type, gst_structure_new("conformance", "number", G_TYPE_INT, ++names_, nullptr));
  }
  static GstEvent* upstream_event(int which) {
    switch (which) {
      case 0:
        return gst_event_new_reconfigure();
      case 1:
        return gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.5, 1000, 0);
      case 2:
        return gst_event_new_seek(1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
                                  GST_SEEK_TYPE_NONE, 0);
      case 3:
        return gst_event_new_navigation(gst_structure_new_empty("application/x-gst-navigation"));
      default:
        return gst_event_new_custom(GST_EVENT_CUSTOM_UPSTREAM,
                                    gst_structure_new_empty("conformance"));
    }
  }

  void push_stream_start() {
    push_event(gst_event_new_stream_start(("stream " + std::to_string(++names_)).c_str()));
  }
  Ref<GstCaps> caps_of(int which) const {
    const Video& video = kCaps[which];
    return Ref<GstCaps>::adopt(gst_caps_new_simple(
        "video/x-raw", "format", G_TYPE_STRING, subject_.draws ? "RGB" : video.format, "width",
        G_TYPE_INT, video.width * subject_.scale, "height", G_TYPE_INT,
        video.height * subject_.scale, "framerate", GST_TYPE_FRACTION, video.rate, 1, nullptr));
  }
  void push_caps(int which) {
    caps_index_ = which;
    const auto caps = caps_of(which);
    gst_video_info_from_caps(&info_, caps.get());
    gchar* text = gst_caps_to_string(caps.get());
    caps_ = text;
    g_free(text);
    push_event(gst_event_new_caps(caps.get()));
  }
  void push_segment(int kind) {
    GstSegment segment;
    gst_segment_init(&segment, kind == kBytes ? GST_FORMAT_BYTES : GST_FORMAT_TIME);
    if (kind == kFast) segment.rate = 2;
    if (kind == kReverse) {
      segment.rate = -1;
      segment.stop = 3600 * GST_SECOND;
    }
    if (kind == kTimeAgain) segment.start = segment.time = next_pts_;
    GstEvent* event = gst_event_new_segment(&segment);
    segment_ = gst_event_get_seqnum(event);
    push_event(event);
  }

  Ref<GstBuffer> new_buffer(int stride) {
    const auto size = static_cast<gsize>(stride) * static_cast<gsize>(info_.height);
    if (!pool_ || leaves_pool_)
      return Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, size, nullptr));
    GstBuffer* buffer = nullptr;
    g_assert_cmpint(gst_buffer_pool_acquire_buffer(pool_, &buffer, nullptr), ==, GST_FLOW_OK);
    gst_buffer_set_size(buffer, static_cast<gssize>(size));
    return Ref<GstBuffer>::adopt(buffer);
  }
  Ref<GstBuffer> make_buffer(int kind) {
    const int bytes = GST_VIDEO_INFO_COMP_PSTRIDE(&info_, 0) * info_.width;
    const int stride = kind == kForeignStride ? bytes + 13 : info_.stride[0];
    Ref<GstBuffer> buffer = new_buffer(stride);
    const guint64 serial = ++serial_;
    fill(buffer.get(), stride, serial);
    if (kind == kTwoMemories && !pool_) buffer = in_two_memories(buffer.get());
    GstBuffer* b = buffer.get();
    GST_BUFFER_OFFSET(b) = serial;
    if (kind != kSamePts) next_pts_ += kFrame * (kind == kJump ? 40 : 1);
    GST_BUFFER_PTS(b) = kind == kNoPts ? GST_CLOCK_TIME_NONE : next_pts_;
    GST_BUFFER_DURATION(b) = kind == kNoDuration ? GST_CLOCK_TIME_NONE : kFrame;
    if (kind == kDiscont) GST_BUFFER_FLAG_SET(b, GST_BUFFER_FLAG_DISCONT);
    if (kind == kGapFlag) GST_BUFFER_FLAG_SET(b, GST_BUFFER_FLAG_GAP);
    if (kind == kForeignStride) {
      gsize offset[GST_VIDEO_MAX_PLANES] = {};
      gint strides[GST_VIDEO_MAX_PLANES] = {stride};
      gst_buffer_add_video_meta_full(b, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT(&info_),
                                     static_cast<guint>(info_.width),
                                     static_cast<guint>(info_.height), 1, offset, strides);
    }
    if (kind == kCrop) {
      GstVideoCropMeta* crop = gst_buffer_add_video_crop_meta(b);
      crop->x = cropped_.x;
      crop->y = cropped_.y;
      crop->width = cropped_.w;
      crop->height = cropped_.h;
    }
    if (kind == kRegion) gst_buffer_add_video_region_of_interest_meta(b, "face", 1, 2, 3, 4);
    if (kind == kShared && !pool_) shared_.push_back(Ref<GstBuffer>::share(b));
    const std::lock_guard lock(mutex_);
    pushed_[serial] = {epoch_, caps_, segment_};
    return buffer;
  }
  void fill(GstBuffer* buffer, int stride, guint64 serial) const {
    GstMapInfo map;
    g_assert_true(gst_buffer_map(buffer, &map, GST_MAP_WRITE));
    const int step = GST_VIDEO_INFO_COMP_PSTRIDE(&info_, 0);
    for (int y = 0; y < info_.height; y++) {
      for (int x = 0; x < stride; x++) {
        map.data[static_cast<gsize>(y) * static_cast<gsize>(stride) + static_cast<gsize>(x)] =
            pixel(serial, x / step, y);
      }
    }
    gst_buffer_unmap(buffer, &map);
  }
  static Ref<GstBuffer> in_two_memories(GstBuffer* buffer) {
    const gsize size = gst_buffer_get_size(buffer), half = size / 2;
    GstBuffer* first = gst_buffer_copy_region(buffer, kDeep, 0, half);
    GstBuffer* second = gst_buffer_copy_region(buffer, kDeep, half, size - half);
    GstBuffer* both = gst_buffer_new();
    for (GstBuffer* part : {first, second}) {
      gst_buffer_append_memory(both, gst_buffer_get_memory(part, 0));
      gst_buffer_unref(part);
    }
    return Ref<GstBuffer>::adopt(both);
  }

  GstFlowReturn push(Ref<GstBuffer> buffer) {
    if (script_.setup.live) time_.advance(kFrame);
    const GstFlowReturn flow = gst_pad_push(src_.get(), buffer.release());
    if (!script_.discards && flow != GST_FLOW_OK) note_return("push", flow);
    return flow;
  }
  void push_list(int count) {
    if (pool_)
      count = 1;  // who collects all buffers of a pool waits for those that are on their way
    GstBufferList* list = gst_buffer_list_new();
    for (int i = 0; i < count; i++) gst_buffer_list_add(list, make_buffer(kPlain).release());
    const GstFlowReturn flow = gst_pad_push_list(src_.get(), list);
    if (!script_.discards && flow != GST_FLOW_OK) note_return("push list", flow);
  }

  /// Pushes until downstream's answer has come back: a queue returns it with a later buffer.
  GstFlowReturn push_until_refused() {
    return push_until([](GstFlowReturn flow) { return flow != GST_FLOW_OK; });
  }
  /// An element may need another push to notice that it is linked again.
  GstFlowReturn push_until_taken() {
    return push_until([](GstFlowReturn flow) { return flow == GST_FLOW_OK; });
  }
  /// However many pushes it takes, what follows has the same numbers and times.
  template <typename Done>
  GstFlowReturn push_until(Done&& done) {
    const GstClockTime pts = next_pts_;
    const guint64 serial = serial_;
    leaves_pool_ = true;  // what an element cannot push it keeps
    GstFlowReturn flow = push(make_buffer(kPlain));
    for (int i = 1; i < kMostPushes && !done(flow); i++) {
      g_usleep(100);
      flow = push(make_buffer(kPlain));
    }
    next_pts_ = pts + kMostPushes * kFrame;
    serial_ = serial + kMostPushes;
    leaves_pool_ = false;
    return flow;
  }
  void note_return(const std::string& what, GstFlowReturn flow) {
    seen_.returns.push_back(what + ": " + gst_flow_get_name(flow));
  }

  /// Waits until all that was pushed has arrived; false where it cannot.
  bool settle() {
    // To the element itself: a tee asks one branch alone.
    GstQuery* query = gst_query_new_drain();
    const bool done = gst_pad_query(first_pad().get(), query);
    gst_query_unref(query);
    return done;
  }

  Ref<GstPad> first_pad() const {
    if (!script_.setup.tee) return pad("sink");
    return Ref<GstPad>::adopt(gst_element_get_static_pad(child("x0").get(), "sink"));
  }

  void query(int kind) {
    GstQuery* query = nullptr;
    bool answered = false;
    std::string more;
    switch (kind) {
      case kDrain:
        answered = settle();
        break;
      case kCustomQuery:
        query = gst_query_new_custom(GST_QUERY_CUSTOM, gst_structure_new_empty("conformance"));
        answered = gst_pad_peer_query(src_.get(), query);
        more = gst_structure_has_field(gst_query_get_structure(query), "answer") ? " 42" : "";
        break;
      case kAllocation: {
        const auto caps = caps_of(caps_index_);
        query = gst_query_new_allocation(caps.get(), TRUE);
        answered = gst_pad_peer_query(src_.get(), query);
        break;
      }
      case kAcceptCaps: {
        const auto caps = caps_of(caps_index_);
        query = gst_query_new_accept_caps(caps.get());
        answered = gst_pad_peer_query(src_.get(), query);
        break;
      }
      case kLatency:
        query = gst_query_new_latency();
        answered = gst_pad_peer_query(sink_.get(), query);
        break;
      default:  // the position itself is less what waits
        query = gst_query_new_position(GST_FORMAT_TIME);
        answered = gst_pad_peer_query(sink_.get(), query);
    }
    if (query) gst_query_unref(query);
    seen_.returns.push_back("query " + std::to_string(kind) + (answered ? ": yes" : ": no") + more);
  }

  void push_flush_stop(gboolean reset_time) { push_event(gst_event_new_flush_stop(reset_time)); }
  void flush(int times, bool reset_time) {
    for (int i = 0; i < times; i++) push_event(gst_event_new_flush_start());
    {
      const std::lock_guard lock(mutex_);
      epoch_ += times;
    }
    for (int i = 0; i < times; i++) push_flush_stop(reset_time);
    {
      // A flush that reached the sink only in part (unlinked) counts as one all the same.
      const std::lock_guard lock(mutex_);
      sink_epoch_ = epoch_;
    }
    push_segment(kTime);
  }

  void unlink(bool settles_first) {
    if (settles_first) settle();
    gst_pad_unlink(pad("src").get(), sink_.get());
    note_return("push while unlinked", push_until_refused());
    if (settles_first) push_caps((caps_index_ + 1) % kCapsCount);
    link(pad("src").get(), sink_.get());
    gst_pad_send_event(pad("src").get(), gst_event_new_reconfigure());
    note_return("push after relinking", push_until_taken());
  }
  void fail_downstream(GstFlowReturn with) {
    settle();
    set_sink_flow(with);
    note_return(std::string("push while downstream says ") + gst_flow_get_name(with),
                push_until_refused());
    set_sink_flow(GST_FLOW_OK);
    flush(1, true);
  }
  /// The element cannot go on. For one that does no work, downstream cannot.
  void fail_work(Outcome how, bool while_flushing) {
    settle();
    set_work(how);
    if (while_flushing) {
      leaves_pool_ = true;
      push(make_buffer(kPlain));
      leaves_pool_ = false;
      std::thread flusher([this] {
        g_usleep(static_cast<gulong>(script_.setup.work_us));
        push_event(gst_event_new_flush_start());
      });
      GstQuery* query =
          gst_query_new_custom(GST_QUERY_CUSTOM, gst_structure_new_empty("conformance"));
      gst_pad_query(first_pad().get(), query);
      gst_query_unref(query);
      flusher.join();
    } else {
      const GstFlowReturn flow = push_until_refused();
      // A live pipeline may have no time for the work, on a busy machine.
      if (!script_.setup.live) note_return("push while the work fails", flow);
    }
    set_work(Outcome::Success);
    flush(1, true);
  }
  void set_work(Outcome outcome) {
    work_outcome_ = outcome;
    if (!subject_.is_analyzer) {
      set_sink_flow(outcome == Outcome::Success ? GST_FLOW_OK : GST_FLOW_ERROR);
    }
  }
  void set_sink_flow(GstFlowReturn flow) {
    const std::lock_guard lock(mutex_);
    sink_flow_ = flow;
  }

  void cycle_state(int to_ready) {
    if (!to_ready) {
      gst_element_set_state(element_.get(), GST_STATE_PAUSED);
      gst_element_set_state(element_.get(), GST_STATE_PLAYING);
      return;
    }
    // As in a pipeline, all pads stop and start again.
    gst_element_set_state(element_.get(), GST_STATE_READY);
    gst_pad_set_active(sink_.get(), FALSE);
    gst_pad_set_active(src_.get(), FALSE);
    {
      const std::lock_guard lock(mutex_);
      sink_epoch_ = ++epoch_;
    }
    gst_pad_set_active(sink_.get(), TRUE);
    gst_element_set_state(element_.get(), GST_STATE_PLAYING);
    gst_pad_set_active(src_.get(), TRUE);
    do_step({Op::StreamStart});
  }

  void toggle_other() {
    if (other_) {
      gst_element_set_state(other_.get(), GST_STATE_NULL);
      other_ = Ref<GstElement>();
      return;
    }
    const std::string line = "appsrc ! " + one(2) + " ! " + one(3) + " ! fakesink async=false";
    other_ = parse_launch(line);
    gst_element_set_state(other_.get(), GST_STATE_PLAYING);
  }

  void start_fiddling() {
    fiddler_ = std::thread([this] {
      for (unsigned i = 0; !stops_fiddling_; i++) {
        const auto analyzer = child("x0");
        g_object_set(analyzer.get(), "batch-size", 1 + i % 3, "inference-interval", 1 + i % 2,
                     "post-messages", static_cast<gboolean>(i % 4 == 0), nullptr);
        g_usleep(200);
      }
    });
  }
  void stop_fiddling() {
    stops_fiddling_ = true;
    if (fiddler_.joinable()) fiddler_.join();
  }

  /// After a flush everything is as new: what is pushed now arrives exactly.
  void finish() {
    stop_fiddling();
    seen_.sticky = sticky_events(pad("src").get());
    sink_us_ = 0;
    push_event(gst_event_new_flush_start());
    {
      const std::lock_guard lock(mutex_);
      epoch_++;
    }
    push_flush_stop(TRUE);
    {
      const std::lock_guard lock(mutex_);
      sink_epoch_ = epoch_;
      to_ = &seen_.last;
    }
    next_pts_ = 0;
    serial_ = 1000000;  // how many came before may differ
    push_stream_start();
    push_caps((caps_index_ + 1) % kCapsCount);
    push_segment(kTime);
    for (int i = 0; i < 4; i++) push(make_buffer(kPlain));
    push_event(gst_event_new_eos());
    wait_for_eos();
    GST_PAD_STREAM_LOCK(sink_.get());  // an event is stored after the pad's function returned
    GST_PAD_STREAM_UNLOCK(sink_.get());
    seen_.last_sticky = sticky_events(sink_.get());
    const std::lock_guard lock(mutex_);
    std::sort(seen_.others.begin(), seen_.others.end());
    std::sort(seen_.upstream.begin(), seen_.upstream.end());
    while (GstMessage* message = gst_bus_pop_filtered(bus_.get(), GST_MESSAGE_ERROR)) {
      GError* error = nullptr;
      gst_message_parse_error(message, &error, nullptr);
      seen_.errors.emplace_back(error->message);
      g_error_free(error);
      gst_message_unref(message);
    }
  }
  void wait_for_eos() {
    for (int i = 0; i < 50000; i++) {
      {
        const std::lock_guard lock(mutex_);
        if (!to_->empty() && to_->back().starts_with("eos")) return;
      }
      g_usleep(100);
    }
    problem("no EOS arrived within five seconds");
  }

  /// A queue that is sent a stream before its task has paused after an EOS stands still for ever.
  void wait_for_queues() {
    for (int i = 0; i < script_.setup.in_a_row; i++) {
      const auto queue = child("x" + std::to_string(i));
      const auto src = Ref<GstPad>::adopt(gst_element_get_static_pad(queue.get(), "src"));
      for (int n = 0; n < 10000 && gst_pad_get_task_state(src.get()) == GST_TASK_STARTED; n++) {
        g_usleep(100);
      }
    }
  }
  Ref<GstElement> child(const std::string& name) const {
    if (!GST_IS_BIN(element_.get())) return element_;
    return Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(element_.get()), name.c_str()));
  }

  void problem(const std::string& text) {
    const std::lock_guard lock(mutex_);
    problem_locked(text);
  }
  void problem_locked(const std::string& text) { seen_.problems.push_back(text); }

  const Script& script_;
  const Subject& subject_;
  const GstVideoRectangle cropped_;
  TestTime time_;
  Ref<GstElement> element_, other_;
  Ref<GstBus> bus_;
  Ref<GstPad> src_, sink_;
  GstBufferPool* pool_ = nullptr;
  std::vector<Ref<GstBuffer>> shared_;
  std::thread fiddler_;
  std::atomic<bool> stops_fiddling_ = false;
  std::atomic<int> sink_us_ = 0;
  std::atomic<Outcome> work_outcome_ = Outcome::Success;

  // Of the script's thread.
  GstVideoInfo info_ = {};
  std::string caps_;
  int caps_index_ = 0;
  guint32 segment_ = 0;
  guint64 serial_ = 0;
  int names_ = 0;  // of events, to tell them apart
  GstClockTime next_pts_ = 0;
  bool leaves_pool_ = false;

  // Of the thread that pushes to the test's sink pad.
  std::optional<gint64> clock_start_us_;
  gint64 last_stream_us_ = 0;

  std::mutex mutex_;
  // Guarded by mutex_.
  Observation seen_;
  std::vector<std::string>* to_ = &seen_.arrivals;
  std::map<guint64, Pushed> pushed_;
  std::optional<guint64> last_serial_;
  guint64 unordered_until_ = 0;
  int epoch_ = 0, sink_epoch_ = 0;
  GstFlowReturn sink_flow_ = GST_FLOW_OK;
  GstVideoInfo sink_info_ = {};
  std::string sink_caps_;
  guint32 sink_segment_ = 0;
};

std::string first_difference(const std::string& what, const std::vector<std::string>& wanted,
                             const std::vector<std::string>& got) {
  const std::size_t common = std::min(wanted.size(), got.size());
  std::size_t at = 0;
  while (at < common && wanted[at] == got[at]) at++;
  if (at == wanted.size() && at == got.size()) return "";
  const auto entry = [at](const std::vector<std::string>& list) {
    return at < list.size() ? list[at] : std::string("(nothing)");
  };
  return what + " " + std::to_string(at) + ":\n    queue: " + entry(wanted) +
         "\n    here:  " + entry(got) + "\n";
}

// Set for the signal handler.
std::string script_at_work;

void print_script(int signal) {
  std::fputs("CRASH of ", stderr);
  std::fputs(script_at_work.c_str(), stderr);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}
void print_script_on_signals(const Script& script, const Subject& subject) {
  script_at_work = subject.launch + " in the script of " + to_string(script);
  for (const int signal : {SIGABRT, SIGSEGV, SIGTRAP}) std::signal(signal, print_script);
}

std::chrono::seconds limit() {
  const char* seconds = std::getenv("GST_TORCH_CONFORMANCE_LIMIT");
  return std::chrono::seconds(seconds ? std::atoi(seconds) : 30);
}

}  // namespace

std::optional<Observation> run(const Script& script, const Subject& subject) {
  print_script_on_signals(script, subject);
  // A thread that hangs is left alone, and keeps what it works on.
  struct Run {
    Script script;
    Subject subject;
    std::promise<Observation> result;
  };
  const auto run = std::make_shared<Run>(Run{script, subject, {}});
  auto done = run->result.get_future();
  std::thread runner([run] { run->result.set_value(Bed(run->script, run->subject).run()); });
  if (done.wait_for(limit()) == std::future_status::timeout) {
    std::fprintf(stderr, "HANG of %s in the script of %s", subject.launch.c_str(),
                 to_string(script).c_str());
    runner.detach();
    return std::nullopt;
  }
  runner.join();
  return done.get();
}

std::string difference(const Script& script, const Observation& reference,
                       const Observation& observed) {
  std::string text;
  for (const std::string& problem : observed.problems) text += "  " + problem + "\n";
  text += first_difference("  return", reference.returns, observed.returns);
  text += first_difference("  sticky event", reference.sticky, observed.sticky);
  text += first_difference("  last part", reference.last, observed.last);
  if (script.discards) return text;
  text +=
      first_difference("  sticky event at the end", reference.last_sticky, observed.last_sticky);
  text += first_difference("  arrival", reference.arrivals, observed.arrivals);
  text += first_difference("  other event", reference.others, observed.others);
  text += first_difference("  upstream event", reference.upstream, observed.upstream);
  text += first_difference("  error", reference.errors, observed.errors);
  return text;
}

}  // namespace gsttorch::conformance
