// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/runtime/runtime_stats.h"

#include "lib/gst/runtime/results_account.h"
#include "lib/gst/runtime/runtime.h"

namespace gsttorch {
namespace {

void add_memory(GstStructure* stats, const MemoryReport& memory) {
  gst_structure_set(stats, "memory-current", G_TYPE_UINT64, static_cast<guint64>(memory.current),
                    "memory-peak", G_TYPE_UINT64, static_cast<guint64>(memory.peak),
                    "memory-reserved", G_TYPE_UINT64, static_cast<guint64>(memory.reserved),
                    "tensors", G_TYPE_UINT64, static_cast<guint64>(memory.blocks), nullptr);
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_LIST);
  for (const StageMemory& stage : memory.stages) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(
        &value, gst_structure_new("memory", "model", G_TYPE_STRING, stage.model.c_str(), "stage",
                                  G_TYPE_STRING, stage.stage.c_str(), "current", G_TYPE_UINT64,
                                  static_cast<guint64>(stage.current), "peak", G_TYPE_UINT64,
                                  static_cast<guint64>(stage.peak), nullptr));
    gst_value_list_append_and_take_value(&list, &value);
  }
  gst_structure_take_value(stats, "memory", &list);
}

}  // namespace

GstStructure* runtime_stats() {
  const RuntimeStats now = Runtime::instance().stats();
  GstStructure* stats = gst_structure_new(
      "application/x-gsttorch-stats", "analyzers", G_TYPE_UINT, static_cast<guint>(now.analyzers),
      "cpu-workers", G_TYPE_UINT, static_cast<guint>(now.cpu_workers), "models", G_TYPE_UINT,
      static_cast<guint>(now.models.loaded), "loads", G_TYPE_UINT64, now.models.loads,
      "loads-shared", G_TYPE_UINT64, now.models.shared, "conversions", G_TYPE_UINT64,
      now.cache.images, "features", G_TYPE_UINT64, now.cache.features, "cache-hits", G_TYPE_UINT64,
      now.cache.hits, "cache-misses", G_TYPE_UINT64, now.cache.misses, "cache-evictions",
      G_TYPE_UINT64, now.cache.evictions, "cache-bytes", G_TYPE_UINT64,
      static_cast<guint64>(now.cache.bytes), "results-bytes", G_TYPE_UINT64,
      static_cast<guint64>(ResultsAccount::instance().bytes()), nullptr);
  if (now.memory) add_memory(stats, *now.memory);
  return stats;
}

}  // namespace gsttorch
