// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/snapshots.h"

#include <cstdio>
#include <filesystem>
#include <utility>

#include "gst/analysisoverlay/debug.h"
#include "lib/formats/output_directory.h"
#include "lib/formats/output_file.h"
#include "lib/gst/util/boundary.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kEncodingTimeout = 60 * GST_SECOND;

bool has_encoder(const GstCaps* caps) {
  GList* all =
      gst_element_factory_list_get_elements(GST_ELEMENT_FACTORY_TYPE_ENCODER, GST_RANK_MARGINAL);
  GList* fitting = gst_element_factory_list_filter(all, caps, GST_PAD_SRC, FALSE);
  const bool found = fitting != nullptr;
  gst_plugin_feature_list_free(fitting);
  gst_plugin_feature_list_free(all);
  return found;
}

Result<Ref<GstCaps>> encoded_caps(const std::string& pattern) {
  const char* type = nullptr;
  if (pattern.ends_with(".png")) type = "image/png";
  if (pattern.ends_with(".jpg") || pattern.ends_with(".jpeg")) type = "image/jpeg";
  if (!type) {
    return Error{ErrorCode::BadArgument,
                 "snapshot-location must end in .png or .jpg, not \"" + pattern + "\""};
  }
  auto caps = Ref<GstCaps>::adopt(gst_caps_new_empty_simple(type));
  if (has_encoder(caps.get())) return caps;
  return Error{ErrorCode::LibraryMissing,
               std::string("cannot write snapshots: GStreamer has no encoder for ") + type};
}

Result<void> check_directory_of(const std::string& file) {
  const std::string directory = std::filesystem::path(file).parent_path();
  return make_writable_directory(directory.empty() ? "." : directory);
}

/// Returns the painted frame's info for these settings: twice the width in side-by-side layout.
GstVideoInfo painted_info(const GstVideoInfo& in, OverlayLayout layout) {
  const guint width = static_cast<guint>(in.width) * (layout == OverlayLayout::Blend ? 1 : 2);
  GstVideoInfo out;
  gst_video_info_set_format(&out, GST_VIDEO_INFO_FORMAT(&in), width, static_cast<guint>(in.height));
  out.colorimetry = in.colorimetry;
  out.par_n = in.par_n;
  out.par_d = in.par_d;
  out.fps_n = 1;
  out.fps_d = 1;
  return out;
}

Result<Ref<GstSample>> encode(GstBuffer* image, const GstVideoInfo& info, const GstCaps* to) {
  const auto caps = Ref<GstCaps>::adopt(gst_video_info_to_caps(&info));
  const auto sample = Ref<GstSample>::adopt(gst_sample_new(image, caps.get(), nullptr, nullptr));
  GError* failure = nullptr;
  GstSample* encoded = gst_video_convert_sample(sample.get(), to, kEncodingTimeout, &failure);
  if (encoded) return Ref<GstSample>::adopt(encoded);
  const std::string reason = failure ? failure->message : "the encoder returned no image";
  g_clear_error(&failure);
  return Error{ErrorCode::Failed, "cannot encode a snapshot: " + reason};
}

Result<void> write_file(const std::string& path, GstSample* sample) {
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  GstMapInfo map;
  if (!buffer || !gst_buffer_map(buffer, &map, GST_MAP_READ)) {
    return Error{ErrorCode::Failed, "cannot map the encoded snapshot"};
  }
  auto done =
      write_whole_file(path, [&](OutputFile& file) { return file.write(map.data, map.size); });
  gst_buffer_unmap(buffer, &map);
  return done;
}

}  // namespace

Result<void> Snapshots::start(const std::string& pattern) {
  auto paths = PathPattern::create(pattern);
  if (!paths) return paths.error();
  auto encoded = encoded_caps(pattern);
  if (!encoded) return encoded.error();
  if (auto usable = check_directory_of(paths->path(0)); !usable) return usable;
  paths_ = std::move(paths).value();
  encoded_ = std::move(encoded).value();
  painter_.reset();
  written_.clear();
  has_warned_ = false;
  counts_.written = counts_.dropped = counts_.failed = 0;
  queue_.reset();
  thread_ = std::thread([this] {
    guarded(element_, false, [&] { return run(), true; });
    queue_.set_state(QueueState::Failed);
  });
  return {};
}

void Snapshots::stop() {
  queue_.set_state(QueueState::Closed);
  if (thread_.joinable()) thread_.join();
}

void Snapshots::offer(Frame frame) {
  const unsigned capacity = frame.settings.snapshot_max_queue;
  const std::uint64_t number = frame.number;
  if (queue_.try_push(std::move(frame), capacity)) return;
  counts_.dropped++;
  GST_DEBUG_OBJECT(element_,
                   "drops the snapshot of frame %" G_GUINT64_FORMAT ": %u wait to be written",
                   number, capacity);
}

void Snapshots::run() {
  while (const auto frame = queue_.pop()) {
    if (auto done = write(*frame); !done) fail(done.error());
  }
}

Result<void> Snapshots::write(const Frame& frame) {
  const GstVideoInfo info = painted_info(frame.info, frame.settings.layout);
  const auto image = paint(frame, info);
  if (!image) return Error{ErrorCode::Failed, "cannot map a frame for a snapshot"};
  const auto encoded = encode(image.get(), info, encoded_.get());
  if (!encoded) return encoded.error();
  const std::string path = paths_->path(frame.number);
  if (auto done = write_file(path, encoded->get()); !done) return done;
  counts_.written++;
  GST_DEBUG_OBJECT(element_, "wrote snapshot %s", path.c_str());
  written_.push_back(path);
  keep_at_most(frame.settings.snapshot_max_files);
  return {};
}

Ref<GstBuffer> Snapshots::paint(const Frame& frame, const GstVideoInfo& info) {
  auto image = Ref<GstBuffer>::adopt(gst_buffer_new_allocate(nullptr, info.size, nullptr));
  GstVideoFrame in, out;
  if (!gst_video_frame_map(&in, &frame.info, frame.buffer.get(), GST_MAP_READ)) return {};
  const FrameContext context{frame.shots, frame.other, nullptr};
  const bool is_mapped = gst_video_frame_map(&out, &info, image.get(), GST_MAP_WRITE);
  if (is_mapped && frame.settings.layout == OverlayLayout::Blend) {
    copy_visible(&in, canvas_of(&out));
    painter_.draw_over(frame.buffer.get(), frame.settings, context, &out);
  } else if (is_mapped) {
    painter_.draw_beside(&in, frame.settings, context, &out);
  }
  if (is_mapped) gst_video_frame_unmap(&out);
  gst_video_frame_unmap(&in);
  return is_mapped ? std::move(image) : Ref<GstBuffer>();
}

void Snapshots::keep_at_most(unsigned files) {
  while (files > 0 && written_.size() > files) {
    GST_DEBUG_OBJECT(element_, "removes snapshot %s", written_.front().c_str());
    std::remove(written_.front().c_str());
    written_.pop_front();
  }
}

void Snapshots::fail(const Error& error) {
  counts_.failed++;
  GST_DEBUG_OBJECT(element_, "no snapshot: %s", error.message.c_str());
  if (!std::exchange(has_warned_, true)) post_warning(element_, error);
}

}  // namespace gsttorch
