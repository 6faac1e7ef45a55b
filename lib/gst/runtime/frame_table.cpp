// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/runtime/frame_table.h"

#include <utility>

namespace gsttorch {
namespace {

// With more entries than this, expired ones are removed.
constexpr std::size_t kSweepAbove = 64;

struct FrameMeta {
  GstMeta meta;
  std::shared_ptr<SharedFrame>* frame;
};

gboolean init_frame_meta(GstMeta* meta, gpointer, GstBuffer*) {
  reinterpret_cast<FrameMeta*>(meta)->frame = new std::shared_ptr<SharedFrame>();
  return TRUE;
}

void free_frame_meta(GstMeta* meta, GstBuffer*) {
  delete reinterpret_cast<FrameMeta*>(meta)->frame;
}

// Follows the memories: a copy that shares them shows the same pixels. Any other copy does not need
// the frame and would only keep the memories from their pool.
gboolean transform_frame_meta(GstBuffer* to, GstMeta* meta, GstBuffer*, GQuark, gpointer) {
  const auto& frame = *reinterpret_cast<FrameMeta*>(meta)->frame;
  if (frame && frame->has_memories_of(to)) FrameTable::attach(to, frame);
  return TRUE;
}

GType frame_meta_api() {
  static const GType type = [] {
    static const gchar* no_tags[] = {nullptr};
    return gst_meta_api_type_register("GstTorchFrameMetaAPI", no_tags);
  }();
  return type;
}

const GstMetaInfo* frame_meta_info() {
  static const GstMetaInfo* const info =
      gst_meta_register(frame_meta_api(), "GstTorchFrameMeta", sizeof(FrameMeta), init_frame_meta,
                        free_frame_meta, transform_frame_meta);
  return info;
}

}  // namespace

void FrameTable::add_analyzer() {
  const std::lock_guard lock(mutex_);
  analyzers_++;
}

void FrameTable::remove_analyzer() {
  const std::lock_guard lock(mutex_);
  analyzers_--;
}

void FrameTable::attach(GstBuffer* buffer, std::shared_ptr<SharedFrame> frame) {
  GstMeta* meta = gst_buffer_get_meta(buffer, frame_meta_api());
  if (!meta) meta = gst_buffer_add_meta(buffer, frame_meta_info(), nullptr);
  *reinterpret_cast<FrameMeta*>(meta)->frame = std::move(frame);
}

std::shared_ptr<SharedFrame> FrameTable::attached(GstBuffer* buffer) {
  GstMeta* meta = gst_buffer_get_meta(buffer, frame_meta_api());
  return meta ? *reinterpret_cast<FrameMeta*>(meta)->frame : nullptr;
}

std::shared_ptr<SharedFrame> FrameTable::frame_of(const std::shared_ptr<DerivedCache>& cache,
                                                  GstBuffer* buffer, const GstVideoInfo& info) {
  const auto attached_frame = attached(buffer);
  if (attached_frame && attached_frame->is_of(buffer, info)) return attached_frame;
  std::shared_ptr<SharedFrame> known;  // released unlocked: this runs code of other elements
  const std::lock_guard lock(mutex_);
  if (analyzers_ < 2 || gst_buffer_n_memory(buffer) == 0) {
    return std::make_shared<SharedFrame>(cache, SharedFrame::Keep::Nothing, buffer, info);
  }
  if (by_memory_.size() > kSweepAbove) forget_expired();
  std::weak_ptr<SharedFrame>& entry = by_memory_[gst_buffer_peek_memory(buffer, 0)];
  known = entry.lock();
  if (known && known->is_of(buffer, info)) return known;
  auto frame = std::make_shared<SharedFrame>(cache, SharedFrame::Keep::Derived, buffer, info);
  entry = frame;
  return frame;
}

void FrameTable::forget_expired() {
  std::erase_if(by_memory_, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace gsttorch
