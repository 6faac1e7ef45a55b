// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include <gst/video/video.h>

#include "gst/analysisoverlay/flow_drawing.h"
#include "lib/gst/mapped_flow.h"
#include "lib/gst/ref.h"

namespace gsttorch {

enum class FlowStyle { None, Wheel, Arrows };
enum class OverlayLayout { Blend, SideBySide };

struct OverlaySettings {
  FlowStyle flow_style = FlowStyle::Wheel;
  OverlayLayout layout = OverlayLayout::Blend;
  double opacity = 0.5;
  double max_magnitude = 0;  ///< pixels; 0: automatic
  unsigned arrow_step = 16;  ///< pixels
  std::string source;        ///< empty: any
};

/// Draws the results that lie on buffers. Settings from any thread; the rest is thread-bound.
class AnalysisOverlay {
 public:
  /// The element owns this object, so it outlives it.
  explicit AnalysisOverlay(GstElement* element) : element_(element) {}

  OverlaySettings settings() const;
  template <typename Change>
  void change_settings(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(settings_);
  }

  /// Caps on the other pad than the one in `direction`.
  Ref<GstCaps> transform_caps(GstPadDirection direction, GstCaps* caps) const;
  /// Whether a meta is still true on the output.
  bool keeps_meta(const GstMeta* meta) const;

  void draw_over(GstVideoFrame* frame);
  void draw_beside(GstVideoFrame* in, GstVideoFrame* out);
  void reset();  ///< for another stream

 private:
  std::optional<MappedFlow> find_flow(GstBuffer* buffer, const OverlaySettings& settings);
  void draw(const FlowView& flow, const OverlaySettings& settings, const Canvas& canvas);
  void warn_once(const std::string& reason);

  GstElement* const element_;
  mutable std::mutex mutex_;
  OverlaySettings settings_;  // guarded by mutex_
  FlowDrawing drawing_;
  cv::Mat scratch_;
  bool has_warned_ = false;
};

}  // namespace gsttorch
