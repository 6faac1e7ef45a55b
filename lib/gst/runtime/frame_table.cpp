// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/runtime/frame_table.h"

#include <algorithm>
#include <utility>

namespace gsttorch {
namespace {

// Frames that wait for another branch of a tee. Their buffers are held by that branch anyway, and
// what was made of them is bounded elsewhere: this only bounds the search.
constexpr std::size_t kMostKept = 256;

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

// Follows the memories: a copy that shares them shows the same pixels, any other has no use for it
// and would only keep them from their pool.
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

FrameTable::~FrameTable() { sweep(Sweep::All); }

void FrameTable::attach(GstBuffer* buffer, std::shared_ptr<SharedFrame> frame) {
  GstMeta* meta = gst_buffer_get_meta(buffer, frame_meta_api());
  if (!meta) meta = gst_buffer_add_meta(buffer, frame_meta_info(), nullptr);
  *reinterpret_cast<FrameMeta*>(meta)->frame = std::move(frame);
}

std::shared_ptr<SharedFrame> FrameTable::attached(GstBuffer* buffer) {
  GstMeta* meta = gst_buffer_get_meta(buffer, frame_meta_api());
  return meta ? *reinterpret_cast<FrameMeta*>(meta)->frame : nullptr;
}

std::shared_ptr<SharedFrame> FrameTable::find_or_add(const std::shared_ptr<DerivedCache>& cache,
                                                     GstBuffer* buffer, const GstVideoInfo& info) {
  sweep(Sweep::Unused);
  if (gst_buffer_n_memory(buffer) == 0) {
    return std::make_shared<SharedFrame>(cache, SharedFrame::Keep::Nothing, buffer, info);
  }
  if (auto frame = attached(buffer); frame && frame->is_of(buffer, info)) return frame;
  const std::lock_guard lock(mutex_);
  std::weak_ptr<SharedFrame>& known = by_memory_[gst_buffer_peek_memory(buffer, 0)];
  if (auto frame = known.lock(); frame && frame->is_of(buffer, info)) return frame;
  auto frame = std::make_shared<SharedFrame>(cache, SharedFrame::Keep::Derived, buffer, info);
  known = frame;
  if (!gst_buffer_is_writable(buffer)) kept_.push_back({Ref<GstBuffer>::share(buffer), frame});
  return frame;
}

void FrameTable::sweep(Sweep which) {
  std::deque<Kept> dropped;  // given back without the lock: that runs code of other elements
  const std::lock_guard lock(mutex_);
  const auto is_needed = [which](const Kept& kept) {
    return which == Sweep::Unused && GST_MINI_OBJECT_REFCOUNT_VALUE(kept.buffer.get()) > 1;
  };
  const auto rest = std::stable_partition(kept_.begin(), kept_.end(), is_needed);
  std::move(rest, kept_.end(), std::back_inserter(dropped));
  kept_.erase(rest, kept_.end());
  while (kept_.size() > kMostKept) {
    dropped.push_back(std::move(kept_.front()));
    kept_.pop_front();
  }
  std::erase_if(by_memory_, [](const auto& entry) { return entry.second.expired(); });
}

}  // namespace gsttorch
