// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/runtime/shared_frame.h"

#include <atomic>
#include <utility>

namespace gsttorch {
namespace {

// Copies the producer's description of the layout, which also determines how to map it.
void copy_video_meta(GstBuffer* to, GstVideoMeta& meta) {
  GstVideoMeta* copy =
      gst_buffer_add_video_meta_full(to, meta.flags, meta.format, meta.width, meta.height,
                                     meta.n_planes, meta.offset, meta.stride);
  copy->id = meta.id;
  copy->map = meta.map;
  copy->unmap = meta.unmap;
  copy->alignment = meta.alignment;
}

Ref<GstBuffer> pixels_of(GstBuffer* buffer) {
  auto pixels = Ref<GstBuffer>::adopt(gst_buffer_new());
  for (guint i = 0; i < gst_buffer_n_memory(buffer); i++) {
    gst_buffer_append_memory(pixels.get(), gst_buffer_get_memory(buffer, i));
  }
  if (GstVideoMeta* meta = gst_buffer_get_video_meta(buffer)) {
    copy_video_meta(pixels.get(), *meta);
  }
  if (const GstVideoCropMeta* crop = gst_buffer_get_video_crop_meta(buffer)) {
    GstVideoCropMeta* copy = gst_buffer_add_video_crop_meta(pixels.get());
    copy->x = crop->x;
    copy->y = crop->y;
    copy->width = crop->width;
    copy->height = crop->height;
  }
  return pixels;
}

bool same_layout(GstBuffer* a, GstBuffer* b) {
  const GstVideoMeta* x = gst_buffer_get_video_meta(a);
  const GstVideoMeta* y = gst_buffer_get_video_meta(b);
  if (!x || !y) return !x && !y;
  if (x->format != y->format || x->width != y->width || x->height != y->height ||
      x->n_planes != y->n_planes) {
    return false;
  }
  for (guint i = 0; i < x->n_planes; i++) {
    if (x->offset[i] != y->offset[i] || x->stride[i] != y->stride[i]) return false;
  }
  return true;
}

DerivedCache::FrameId next_id() {
  static std::atomic<DerivedCache::FrameId> last = 0;
  return ++last;
}

}  // namespace

SharedFrame::SharedFrame(std::shared_ptr<DerivedCache> cache, Keep keep, GstBuffer* buffer,
                         const GstVideoInfo& info)
    : cache_(std::move(cache)),
      keep_(keep),
      id_(next_id()),
      info_(info),
      visible_(visible_part(buffer, info)),
      pixels_(pixels_of(buffer)) {}

SharedFrame::~SharedFrame() {
  if (keeps()) cache_->forget(id_);
}

bool SharedFrame::has_memories_of(GstBuffer* buffer) const {
  const guint count = gst_buffer_n_memory(pixels_.get());
  if (gst_buffer_n_memory(buffer) != count) return false;
  for (guint i = 0; i < count; i++) {
    if (gst_buffer_peek_memory(buffer, i) != gst_buffer_peek_memory(pixels_.get(), i)) return false;
  }
  return true;
}

bool SharedFrame::is_of(GstBuffer* buffer, const GstVideoInfo& info) const {
  return has_memories_of(buffer) && gst_video_info_is_equal(&info, &info_) &&
         same_layout(buffer, pixels_.get()) && visible_part(buffer, info) == visible_;
}

std::shared_ptr<const Derived> SharedFrame::get(DerivedKind kind, const std::string& key,
                                                const FrameImage::Make& make) {
  return keeps() ? cache_->get(id_, kind, key, make) : cache_->make_once(kind, make);
}

Result<ImageView> FrameAccess::view() {
  const std::lock_guard lock(mutex_);
  if (!mapped_) mapped_.emplace(frame_->info(), frame_->pixels());
  if (*mapped_) {
    if (const ImageView view = mapped_->view(); view.width > 0) return view;
    return Error{ErrorCode::BadShape, "the crop meta of a buffer exceeds its image"};
  }
  mapped_.reset();
  return Error{ErrorCode::BadShape, "a buffer is smaller than its caps require"};
}

}  // namespace gsttorch
