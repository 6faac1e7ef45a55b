// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/flow_mapping.h"

#include <cmath>
#include <optional>

#include "lib/formats/flow_magnitude.h"
#include "lib/gst/gsttorchflowmeta.h"
#include "lib/gst/mapped_flow.h"
#include "lib/gst/remapped_array.h"
#include "lib/gst/util/enum_nick.h"

namespace gsttorch {
namespace {

constexpr guint kMaxSide = 1u << 20;  // cells; metas may come from other software

constexpr char kFlow[] = "flow", kBackward[] = "backward-flow", kConfidence[] = "confidence";

GstBuffer* get_buffer(const GstStructure* s, const gchar* field) {
  const GValue* value = gst_structure_get_value(s, field);
  return value && G_VALUE_HOLDS(value, GST_TYPE_BUFFER) ? gst_value_get_buffer(value) : nullptr;
}

FlowGrid grid_of(const GstStructure* s) {
  FlowGrid grid;
  gst_structure_get(s, "grid-width", G_TYPE_UINT, &grid.width, "grid-height", G_TYPE_UINT,
                    &grid.height, nullptr);
  grid.format = static_cast<GstTorchFlowFormat>(
      enum_value(GST_TYPE_TORCH_FLOW_FORMAT, gst_structure_get_string(s, "format")));
  return grid;
}

// Whether a result has the mapping's input size; a result without sizes, as other software may
// attach, has none.
bool is_of_size(const GstStructure* s, const FrameMapping& mapping) {
  guint width = 0, height = 0;
  gst_structure_get(s, "width", G_TYPE_UINT, &width, "height", G_TYPE_UINT, &height, nullptr);
  return (width == 0 && height == 0) || (width == mapping.in_width && height == mapping.in_height);
}

void remap(GstStructure* s, const gchar* field, const FlowGrid& grid, const FrameMapping& mapping) {
  GstBuffer* array = get_buffer(s, field);
  if (!array) return;
  const bool is_confidence = g_strcmp0(field, kConfidence) == 0;
  const Ref<GstBuffer> remapped =
      is_confidence ? remap_confidence(array, grid, mapping) : remap_vectors(array, grid, mapping);
  gst_structure_set(s, field, GST_TYPE_BUFFER, remapped.get(), nullptr);
}

bool is_size(const FlowGrid& grid) {
  return grid.width > 0 && grid.height > 0 && grid.width <= kMaxSide && grid.height <= kMaxSide;
}

void remap_arrays(GstStructure* s, const FrameMapping& mapping) {
  const FlowGrid grid = grid_of(s);
  const FlowGrid out = is_size(grid) ? remapped_grid(grid, mapping) : FlowGrid{};
  if (!is_size(out)) {
    gst_structure_remove_fields(s, kFlow, kBackward, kConfidence, nullptr);
    return;
  }
  for (const gchar* field : {kFlow, kBackward, kConfidence}) remap(s, field, grid, mapping);
  gst_structure_set(s, "grid-width", G_TYPE_UINT, out.width, "grid-height", G_TYPE_UINT, out.height,
                    "format", G_TYPE_STRING, enum_nick(GST_TYPE_TORCH_FLOW_FORMAT, out.format),
                    nullptr);
}

// Magnitudes and mean vector, in pixels of the frame.
struct FlowNumbers {
  FlowMagnitude magnitude;
  PixelPoint mean;
};

PixelPoint mean_vector(const FlowView& view) {
  PixelPoint sum;
  double known = 0;
  for (int y = 0; y < view.height; y++) {
    for (int x = 0; x < view.width; x++) {
      const FlowVector v = view.at(x, y);
      if (!v.is_known()) continue;
      sum.x += v.x;
      sum.y += v.y;
      known++;
    }
  }
  return known > 0 ? PixelPoint{sum.x / known, sum.y / known} : PixelPoint{};
}

// Returns nothing if there is no array, or if it does not match its grid.
std::optional<FlowNumbers> measure(const GstStructure* s, const FrameMapping& mapping) {
  GstBuffer* flow = get_buffer(s, kFlow);
  const FlowGrid grid = grid_of(s);
  if (!flow || grid.width == 0 || grid.height == 0) return std::nullopt;
  const auto mapped = MappedFlow::create(flow, grid);
  if (!mapped) return std::nullopt;
  const double x = static_cast<double>(mapping.out_width) / grid.width;
  const double y = static_cast<double>(mapping.out_height) / grid.height;
  const PixelPoint mean = mean_vector(mapped->view());
  return FlowNumbers{flow_magnitude(mapped->view(), x, y), {mean.x * x, mean.y * y}};
}

void set_magnitude(GstStructure* s, const FlowMagnitude& magnitude) {
  gst_structure_set(s, "mean-magnitude", G_TYPE_DOUBLE, magnitude.mean, "max-magnitude",
                    G_TYPE_DOUBLE, magnitude.max, nullptr);
}

void set_mean(GstStructure* s, PixelPoint mean) {
  gst_structure_set(s, "mean-x", G_TYPE_DOUBLE, mean.x, "mean-y", G_TYPE_DOUBLE, mean.y, nullptr);
}

// Figures over all pixels of the new frame, including borders, as if it had been analysed itself.
// Reads the array only if necessary, because that costs a pass over it and its copy from a device.
bool map_numbers(GstStructure* s, const FrameMapping& mapping) {
  const bool keeps_all = mapping.keeps_all();
  std::optional<FlowNumbers> measured;
  if (!keeps_all || !mapping.is_uniform()) measured = measure(s, mapping);
  if (!keeps_all && !measured) return false;
  FlowMagnitude old;
  if (gst_structure_get(s, "mean-magnitude", G_TYPE_DOUBLE, &old.mean, "max-magnitude",
                        G_TYPE_DOUBLE, &old.max, nullptr)) {
    const double factor = mapping.mean_factor();
    set_magnitude(s, measured
                         ? measured->magnitude
                         : FlowMagnitude{old.mean * factor * mapping.share(), old.max * factor});
  }
  PixelPoint mean;
  if (gst_structure_get(s, "mean-x", G_TYPE_DOUBLE, &mean.x, "mean-y", G_TYPE_DOUBLE, &mean.y,
                        nullptr)) {
    const PixelPoint mapped = mapping.map_vector(mean);
    const double share = mapping.share();
    set_mean(s, keeps_all ? PixelPoint{mapped.x * share, mapped.y * share} : measured->mean);
  }
  return true;
}

}  // namespace

bool map_flow(GstStructure* fields, const FrameMapping& mapping) {
  if (!is_of_size(fields, mapping)) return false;
  if (!mapping.is_scaling()) remap_arrays(fields, mapping);
  const bool has_numbers = !gst_structure_has_field(fields, "skipped");
  if (has_numbers && !map_numbers(fields, mapping)) return false;
  gst_structure_set(fields, "width", G_TYPE_UINT, mapping.out_width, "height", G_TYPE_UINT,
                    mapping.out_height, nullptr);
  return true;
}

}  // namespace gsttorch
