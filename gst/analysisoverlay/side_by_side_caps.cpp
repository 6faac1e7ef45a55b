// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/side_by_side_caps.h"

#include <algorithm>
#include <optional>

namespace gsttorch {
namespace {

/// Widths min, min + step .. max.
struct Widths {
  gint64 min;
  gint64 max;
  gint64 step;
};
using Change = std::optional<Widths> (*)(Widths);

std::optional<Widths> doubled(Widths w) {
  const gint64 max = std::min<gint64>(w.max, G_MAXINT / 2) / w.step * w.step;
  if (w.min > max) return std::nullopt;
  return Widths{2 * w.min, 2 * max, 2 * w.step};
}

std::optional<Widths> halved(Widths w) {
  const gint64 even = w.step % 2 == 0 ? w.step : 2 * w.step;  // distance of even widths
  const gint64 min = std::max(even, (w.min + even - 1) / even * even);
  const gint64 max = w.max / even * even;
  if (min > max) return std::nullopt;
  return Widths{min / 2, max / 2, even / 2};
}

void set_widths(GValue* value, const Widths& w) {
  if (w.min == w.max) {
    g_value_init(value, G_TYPE_INT);
    g_value_set_int(value, static_cast<gint>(w.min));
    return;
  }
  g_value_init(value, GST_TYPE_INT_RANGE);
  gst_value_set_int_range_step(value, static_cast<gint>(w.min), static_cast<gint>(w.max),
                               static_cast<gint>(w.step));
}

bool change_single(const GValue* from, GValue* to, Change change) {
  std::optional<Widths> widths;
  if (G_VALUE_HOLDS_INT(from)) {
    const gint64 width = g_value_get_int(from);
    widths = change({width, width, 1});
  } else if (GST_VALUE_HOLDS_INT_RANGE(from)) {
    widths = change({gst_value_get_int_range_min(from), gst_value_get_int_range_max(from),
                     gst_value_get_int_range_step(from)});
  }
  if (widths) set_widths(to, *widths);
  return widths.has_value();
}

bool change_value(const GValue* from, GValue* to, Change change) {
  if (!GST_VALUE_HOLDS_LIST(from)) return change_single(from, to, change);
  gst_value_list_init(to, gst_value_list_get_size(from));
  for (guint i = 0; i < gst_value_list_get_size(from); i++) {
    GValue item = G_VALUE_INIT;
    if (change_single(gst_value_list_get_value(from, i), &item, change)) {
      gst_value_list_append_and_take_value(to, &item);
    }
  }
  return gst_value_list_get_size(to) > 0;
}

/// Returns false if no width of the structure can be changed.
bool change_structure(GstStructure* s, Change change) {
  const GValue* width = gst_structure_get_value(s, "width");
  if (!width) return true;  // any width, before and after
  GValue changed = G_VALUE_INIT;
  const bool possible = change_value(width, &changed, change);
  if (possible) gst_structure_set_value(s, "width", &changed);
  if (G_IS_VALUE(&changed)) g_value_unset(&changed);
  return possible;
}

Ref<GstCaps> change_caps(const GstCaps* caps, Change change) {
  auto result = Ref<GstCaps>::adopt(gst_caps_copy(caps));
  gst_caps_filter_and_map_in_place(
      result.get(),
      [](GstCapsFeatures*, GstStructure* s, gpointer data) -> gboolean {
        return change_structure(s, *static_cast<Change*>(data));
      },
      &change);
  return result;
}

}  // namespace

Ref<GstCaps> doubled_width(const GstCaps* caps) { return change_caps(caps, doubled); }

Ref<GstCaps> halved_width(const GstCaps* caps) { return change_caps(caps, halved); }

}  // namespace gsttorch
