// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/element_reports.h"

#include <vector>

#include "gst/perfmeter/structure.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {
namespace {

std::vector<Ref<GstElement>> elements_of(GstBin* bin) {
  std::vector<Ref<GstElement>> elements;
  GstIterator* iterator = gst_bin_iterate_recurse(bin);
  const GstIteratorForeachFunction collect = [](const GValue* item, gpointer list) {
    auto* element = static_cast<GstElement*>(g_value_get_object(item));
    static_cast<decltype(elements)*>(list)->push_back(Ref<GstElement>::share(element));
  };
  while (gst_iterator_foreach(iterator, collect, &elements) == GST_ITERATOR_RESYNC) {
    gst_iterator_resync(iterator);
    elements.clear();
  }
  gst_iterator_free(iterator);
  return elements;
}

bool has_stats(GstElement* element) {
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), "stats");
  return spec && (spec->flags & G_PARAM_READABLE) && spec->value_type == GST_TYPE_STRUCTURE;
}

PerfRecord report_of(GstElement* element) {
  PerfRecord report{{"name", GST_OBJECT_NAME(element)}};
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  if (!stats) return nullptr;
  report["stats"] = to_record(stats);
  gst_structure_free(stats);
  return report;
}

}  // namespace

void add_element_reports(PerfRecord& record, GstElement* self) {
  const auto parent = Ref<GstObject>::adopt(gst_element_get_parent(self));
  if (!parent || !GST_IS_BIN(parent.get())) return;
  PerfRecord reports = PerfRecord::array();
  for (const auto& element : elements_of(GST_BIN(parent.get()))) {
    if (G_OBJECT_TYPE(element.get()) == G_OBJECT_TYPE(self) || !has_stats(element.get())) continue;
    PerfRecord report = report_of(element.get());
    if (!report.is_null()) reports.push_back(std::move(report));
  }
  if (!reports.empty()) record["reports"] = std::move(reports);
}

}  // namespace gsttorch
