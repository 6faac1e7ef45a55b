// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/frame_watch.h"

#include <algorithm>

#include "lib/gst/util/segment_time.h"

namespace gsttorch {
namespace {

constexpr std::size_t kSlowest = 6;

template <auto Method>
void add_probe(const Ref<GstElement>& element, const char* pad_name, GstPadProbeType type,
               FrameWatch* watch) {
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element.get(), pad_name));
  gst_pad_add_probe(
      pad.get(), type,
      [](GstPad* at, GstPadProbeInfo* info, gpointer data) {
        return (static_cast<FrameWatch*>(data)->*Method)(at, info);
      },
      watch, nullptr);
}

}  // namespace

FrameWatch::FrameWatch(Pipeline& pipeline, const RunOptions& options)
    : continuation_(options.continuation), counters_(options.observer->counters) {
  counters_.decoded = 0;
  counters_.frames = 0;
  const auto input_types =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_FLUSH);
  add_probe<&FrameWatch::on_input>(pipeline.made_by(options.first_stage), "sink", input_types,
                                   this);
  add_probe<&FrameWatch::on_result>(pipeline.made_by("analysiswriter"), "src",
                                    GST_PAD_PROBE_TYPE_BUFFER, this);
}

// Once the user wants to stop, frames that wait in queues are not worth their computation.
GstPadProbeReturn FrameWatch::on_input(GstPad*, GstPadProbeInfo* info) {
  if (info->type & GST_PAD_PROBE_TYPE_EVENT_FLUSH) {
    has_sought_ |= GST_EVENT_TYPE(gst_pad_probe_info_get_event(info)) == GST_EVENT_FLUSH_STOP;
    return GST_PAD_PROBE_OK;
  }
  if (holds_back_) return GST_PAD_PROBE_DROP;
  counters_.decoded++;
  if (keeps_its_place(GST_BUFFER_PTS(gst_pad_probe_info_get_buffer(info)))) return GST_PAD_PROBE_OK;
  lost_its_place_ = holds_back_ = true;
  return GST_PAD_PROBE_DROP;
}

// Some demuxers seek to where they like, or give frames other times than before: results would be
// missing, or doubled.
bool FrameWatch::keeps_its_place(GstClockTime pts) {
  if (!continuation_ || !has_sought_ || has_met_place_) return true;
  has_met_place_ = pts == continuation_->last_pts;
  return has_met_place_ || pts < continuation_->last_pts;
}

GstPadProbeReturn FrameWatch::on_result(GstPad* pad, GstPadProbeInfo* info) {
  GstBuffer* frame = gst_pad_probe_info_get_buffer(info);
  const GstClockTime pts = GST_BUFFER_PTS(frame);
  if (continuation_ && pts <= continuation_->last_pts) return GST_PAD_PROBE_OK;
  const gint64 now = g_get_monotonic_time();
  if (counters_.frames == 0) {
    first_us_ = now;
  } else {
    record_time(pts, now);
  }
  last_us_ = now;
  record_place(pad, frame);
  counters_.frames++;
  return GST_PAD_PROBE_OK;
}

void FrameWatch::record_place(GstPad* pad, GstBuffer* frame) {
  const auto segment = segment_at(pad);
  const GstClockTime start =
      segment ? stream_time(*segment, GST_BUFFER_PTS(frame)) : GST_CLOCK_TIME_NONE;
  if (!GST_CLOCK_TIME_IS_VALID(start)) {
    end_ns_ = 0;
    return;
  }
  const GstClockTime duration = GST_BUFFER_DURATION(frame);
  if (counters_.frames == 0) start_ns_ = start;
  end_ns_ = start + (GST_CLOCK_TIME_IS_VALID(duration) ? duration : 0);
}

void FrameWatch::record_time(GstClockTime pts, gint64 now) {
  if (!GST_CLOCK_TIME_IS_VALID(pts)) return;
  const FrameTime time{pts, static_cast<double>(now - last_us_) / 1e3};
  const std::lock_guard lock(mutex_);
  const auto at = std::find_if(slowest_.begin(), slowest_.end(),
                               [&](const FrameTime& other) { return other.ms < time.ms; });
  slowest_.insert(at, time);
  if (slowest_.size() > kSlowest) slowest_.pop_back();
}

std::vector<FrameTime> FrameWatch::slowest() const {
  const std::lock_guard lock(mutex_);
  return slowest_;
}

}  // namespace gsttorch
