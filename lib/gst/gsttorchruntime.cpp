// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/gsttorchruntime.h"

#include <memory>
#include <mutex>

#include "lib/gst/gsttorchruntime-private.h"
#include "lib/gst/runtime/frame_table.h"
#include "lib/gst/runtime/runtime.h"
#include "lib/gst/runtime/runtime_stats.h"

struct _GstTorchRuntime {
  GstObject parent;
};
struct _GstTorchRuntimeClass {
  GstObjectClass parent_class;
};

G_DEFINE_TYPE(GstTorchRuntime, gst_torch_runtime, GST_TYPE_OBJECT)

namespace {

using gsttorch::Runtime;

enum Property : guint { PROP_MEMORY_LIMIT = 1, PROP_GRACE_TIME, PROP_CPU_WORKERS, PROP_STATS };

constexpr char kField[] = "runtime";
constexpr char kFramesField[] = "frames";

// Belongs to the context: elements share frames only if they have the same context.
using SharedTable = std::shared_ptr<gsttorch::FrameTable>;

GType frame_table_type() {
  static const GType type = g_boxed_type_register_static(
      "GstTorchFrameTable",
      [](gpointer table) -> gpointer { return new SharedTable(*static_cast<SharedTable*>(table)); },
      [](gpointer table) { delete static_cast<SharedTable*>(table); });
  return type;
}

// Recursive: the search for a context queries neighbours, and other elements may query these
// meanwhile.
std::recursive_mutex& context_mutex() {
  static auto* const mutex = new std::recursive_mutex;
  return *mutex;
}

void set_property(GObject*, guint id, const GValue* value, GParamSpec*) {
  if (id == PROP_MEMORY_LIMIT) Runtime::instance().set_memory_limit(g_value_get_uint64(value));
  if (id == PROP_GRACE_TIME) {
    Runtime::instance().set_grace_time(std::chrono::nanoseconds(g_value_get_int64(value)));
  }
  if (id == PROP_CPU_WORKERS) {
    Runtime::instance().set_cpu_workers(static_cast<int>(g_value_get_uint(value)));
  }
}

void get_property(GObject*, guint id, GValue* value, GParamSpec*) {
  if (id == PROP_MEMORY_LIMIT) g_value_set_uint64(value, Runtime::instance().memory_limit());
  if (id == PROP_GRACE_TIME) g_value_set_int64(value, Runtime::instance().grace_time().count());
  if (id == PROP_CPU_WORKERS) {
    g_value_set_uint(value, static_cast<guint>(Runtime::instance().cpu_workers()));
  }
  if (id == PROP_STATS) g_value_take_boxed(value, gsttorch::runtime_stats());
}

// Takes the context that the element was given before it was last stopped.
void take_own(GstElement* element) {
  GstContext* context = gst_element_get_context(element, GST_TORCH_RUNTIME_CONTEXT_TYPE);
  if (!context) return;
  gst_element_set_context(element, context);
  gst_context_unref(context);
}

// Queries a neighbour, which may forward the query or be queried in turn.
gboolean ask_peer(const GValue* item, GValue* found, gpointer query) {
  auto* pad = static_cast<GstPad*>(g_value_get_object(item));
  if (!gst_pad_peer_query(pad, static_cast<GstQuery*>(query))) return TRUE;
  g_value_set_boolean(found, TRUE);
  return FALSE;
}

bool ask_neighbours(GstElement* element, GstPadDirection direction, GstQuery* query) {
  GstIterator* pads = direction == GST_PAD_SRC ? gst_element_iterate_src_pads(element)
                                               : gst_element_iterate_sink_pads(element);
  GValue found = G_VALUE_INIT;
  g_value_init(&found, G_TYPE_BOOLEAN);
  while (gst_iterator_fold(pads, ask_peer, &found, query) == GST_ITERATOR_RESYNC) {
    gst_iterator_resync(pads);
  }
  gst_iterator_free(pads);
  return g_value_get_boolean(&found);
}

void take_from_neighbours(GstElement* element) {
  GstQuery* query = gst_query_new_context(GST_TORCH_RUNTIME_CONTEXT_TYPE);
  if (ask_neighbours(element, GST_PAD_SRC, query) || ask_neighbours(element, GST_PAD_SINK, query)) {
    GstContext* context = nullptr;
    gst_query_parse_context(query, &context);
    if (context) gst_element_set_context(element, context);
  }
  gst_query_unref(query);
}

void announce(GstElement* element, GstTorchRuntime* runtime) {
  GstContext* context = gst_context_new_torch_runtime(runtime);
  gst_element_set_context(element, context);
  gst_element_post_message(element, gst_message_new_have_context(GST_OBJECT(element), context));
}

}  // namespace

static void gst_torch_runtime_class_init(GstTorchRuntimeClass* klass) {
  auto* object_class = G_OBJECT_CLASS(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  const auto writable = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  const auto readable = static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * GstTorchRuntime:memory-limit:
   *
   * Maximum memory of all elements' tensors together, in bytes; 0 is no limit. Data that is kept of
   * frames for other elements uses at most a quarter of it. So do the result arrays on frames that
   * wait; beyond that, frames get figures without arrays. Without a limit, result arrays may use a
   * quarter of the machine's memory.
   */
  g_object_class_install_property(
      object_class, PROP_MEMORY_LIMIT,
      g_param_spec_uint64("memory-limit", "Memory limit",
                          "Maximum memory of all elements' tensors, in bytes (0 = no limit)", 0,
                          G_MAXUINT64, 0, writable));
  /**
   * GstTorchRuntime:grace-time:
   *
   * How long a model stays loaded after its last element stopped using it, in nanoseconds.
   */
  g_object_class_install_property(
      object_class, PROP_GRACE_TIME,
      g_param_spec_int64(
          "grace-time", "Grace time",
          "How long a model stays loaded after the last element stopped using it, in nanoseconds",
          0, G_MAXINT64, 5 * GST_SECOND, writable));
  /**
   * GstTorchRuntime:cpu-workers:
   *
   * Number of models that may compute at the same time on the CPU. Each has an equal share of the
   * cores. 0 means the environment variable GST_TORCH_CPU_WORKERS, and without it one worker per 8
   * cores, between 1 and 4. At most one worker per core is used. A new value holds for the next
   * frame; inference that runs or waits is not interrupted.
   */
  g_object_class_install_property(
      object_class, PROP_CPU_WORKERS,
      g_param_spec_uint("cpu-workers", "CPU workers",
                        "Number of models that may compute at the same time on the CPU (0 = by the "
                        "number of cores)",
                        0, 64, 0, writable));
  /**
   * GstTorchRuntime:stats:
   *
   * Statistics of the shared state: `analyzers` (uint, running elements), `cpu-workers` (uint,
   * models that can compute at the same time on the CPU), `models` (uint, in
   * memory), `loads`, `loads-shared` (uint64, models read from a file, and requests that a loaded
   * model served), `conversions`, `features` (uint64, how often pixels were converted and features
   * computed), `cache-hits`, `cache-misses`, `cache-evictions` (uint64), `cache-bytes` (uint64),
   * `results-bytes` (uint64, result arrays in use). After the first model was loaded also, for
   * tensors on the CPU: `memory-current`, `memory-peak`, `memory-reserved` (uint64, bytes),
   * `tensors` (uint64, live allocations) and `memory` (list of structures `model`, `stage`,
   * `current`, `peak`).
   */
  g_object_class_install_property(
      object_class, PROP_STATS,
      g_param_spec_boxed("stats", "Statistics", "Loaded models, cached data and memory use",
                         GST_TYPE_STRUCTURE, readable));
}

static void gst_torch_runtime_init(GstTorchRuntime*) {}

/**
 * gst_torch_runtime_get:
 *
 * Gets the runtime of the process. Its properties keep their values until the process ends.
 *
 * Returns: (transfer full): the runtime
 */
GstTorchRuntime* gst_torch_runtime_get(void) {
  static std::mutex mutex;
  static GWeakRef* const weak = [] {
    auto* ref = new GWeakRef;
    g_weak_ref_init(ref, nullptr);
    return ref;
  }();
  const std::lock_guard lock(mutex);
  if (auto* runtime = static_cast<GstTorchRuntime*>(g_weak_ref_get(weak))) return runtime;
  auto* runtime = static_cast<GstTorchRuntime*>(g_object_new(GST_TYPE_TORCH_RUNTIME, nullptr));
  gst_object_ref_sink(runtime);
  g_weak_ref_set(weak, runtime);
  return runtime;
}

/**
 * gst_torch_runtime_trim:
 * @runtime: the runtime
 *
 * Unloads models that no element uses, even within their grace time, and drops cached data.
 */
void gst_torch_runtime_trim(GstTorchRuntime* runtime) {
  g_return_if_fail(GST_IS_TORCH_RUNTIME(runtime));
  Runtime::instance().trim();
}

/**
 * gst_context_new_torch_runtime:
 * @runtime: the runtime
 *
 * Elements with the same context share the data that they derive from a frame. Elements with
 * different contexts do not, although there is only one runtime.
 *
 * Returns: (transfer full): a new context with the runtime, for gst_element_set_context()
 */
GstContext* gst_context_new_torch_runtime(GstTorchRuntime* runtime) {
  g_return_val_if_fail(GST_IS_TORCH_RUNTIME(runtime), nullptr);
  GstContext* context = gst_context_new(GST_TORCH_RUNTIME_CONTEXT_TYPE, TRUE);
  gst_structure_set(gst_context_writable_structure(context), kField, GST_TYPE_TORCH_RUNTIME,
                    runtime, nullptr);
  SharedTable frames = std::make_shared<gsttorch::FrameTable>();
  gst_structure_set(gst_context_writable_structure(context), kFramesField, frame_table_type(),
                    &frames, nullptr);
  return context;
}

/**
 * gst_context_get_torch_runtime:
 * @context: a context
 *
 * Returns: (transfer full) (nullable): the runtime in @context, or %NULL if @context has another
 *   type
 */
GstTorchRuntime* gst_context_get_torch_runtime(GstContext* context) {
  g_return_val_if_fail(GST_IS_CONTEXT(context), nullptr);
  if (!gst_context_has_context_type(context, GST_TORCH_RUNTIME_CONTEXT_TYPE)) return nullptr;
  GstTorchRuntime* runtime = nullptr;
  gst_structure_get(gst_context_get_structure(context), kField, GST_TYPE_TORCH_RUNTIME, &runtime,
                    nullptr);
  return runtime;
}

/**
 * gst_buffer_add_torch_frame_meta:
 * @buffer: a writable buffer with a video frame
 * @info: the video info of its caps
 *
 * Makes the model elements behind a `tee` share the data that they derive from this frame, in
 * whatever order they run and however late the last one is. Without it they share only while one of
 * them has the frame: no element may add a meta to a buffer that several branches share, and the
 * elements keep no buffers. Call it before the tee, for example in a pad probe. The data is kept,
 * within the memory limit of the runtime, until the buffer is released. Elements that change the
 * frame in place copy it.
 */
void gst_buffer_add_torch_frame_meta(GstBuffer* buffer, const GstVideoInfo* info) {
  g_return_if_fail(GST_IS_BUFFER(buffer) && gst_buffer_is_writable(buffer));
  g_return_if_fail(info != nullptr);
  using gsttorch::SharedFrame;
  gsttorch::FrameTable::attach(
      buffer, std::make_shared<SharedFrame>(Runtime::instance().cache(), SharedFrame::Keep::Derived,
                                            buffer, *info));
}

/**
 * gst_torch_ensure_element_runtime: (skip)
 * @element: an element that goes to READY
 * @runtime: (inout) (nullable): where the element's set_context function stores the runtime
 *
 * Looks for the runtime as for any context: the element's own, downstream's, upstream's, the
 * application's (NEED_CONTEXT). Otherwise it creates a context and announces it (HAVE_CONTEXT).
 */
void gst_torch_ensure_element_runtime(GstElement* element, GstTorchRuntime** runtime) {
  g_return_if_fail(GST_IS_ELEMENT(element));
  g_return_if_fail(runtime);
  const std::lock_guard lock(context_mutex());
  if (*runtime) return;
  take_own(element);
  if (*runtime) return;
  take_from_neighbours(element);
  if (*runtime) return;
  gst_element_post_message(
      element, gst_message_new_need_context(GST_OBJECT(element), GST_TORCH_RUNTIME_CONTEXT_TYPE));
  if (*runtime) return;
  GstTorchRuntime* made = gst_torch_runtime_get();
  g_atomic_pointer_set(runtime, made);
  announce(element, made);
}

/**
 * gst_torch_handle_set_context: (skip)
 * @context: (nullable): the context that the element was given
 * @runtime: (inout) (nullable): where the element stores the runtime
 *
 * For #GstElementClass.set_context().
 *
 * Returns: whether @context contained a runtime
 */
gboolean gst_torch_handle_set_context(GstContext* context, GstTorchRuntime** runtime) {
  g_return_val_if_fail(runtime, FALSE);
  GstTorchRuntime* given = context ? gst_context_get_torch_runtime(context) : nullptr;
  if (!given) return FALSE;
  const std::lock_guard lock(context_mutex());
  gst_object_replace(reinterpret_cast<GstObject**>(runtime), GST_OBJECT(given));
  gst_object_unref(given);
  return TRUE;
}

/**
 * gst_torch_handle_context_query: (skip)
 * @element: the element that received the query
 * @query: any query
 *
 * Answers with the context that the element was given or created, until the element is stopped.
 *
 * Returns: whether @query asked for the runtime and was answered
 */
gboolean gst_torch_handle_context_query(GstElement* element, GstQuery* query) {
  g_return_val_if_fail(GST_IS_ELEMENT(element), FALSE);
  g_return_val_if_fail(GST_IS_QUERY(query), FALSE);
  const gchar* type = nullptr;
  if (GST_QUERY_TYPE(query) != GST_QUERY_CONTEXT) return FALSE;
  if (!gst_query_parse_context_type(query, &type)) return FALSE;
  if (g_strcmp0(type, GST_TORCH_RUNTIME_CONTEXT_TYPE) != 0) return FALSE;
  GstContext* context = gst_element_get_context(element, GST_TORCH_RUNTIME_CONTEXT_TYPE);
  if (!context) return FALSE;
  gst_query_set_context(query, context);
  gst_context_unref(context);
  return TRUE;
}

namespace gsttorch {

std::shared_ptr<FrameTable> frame_table_of(GstElement* element) {
  GstContext* context = gst_element_get_context(element, GST_TORCH_RUNTIME_CONTEXT_TYPE);
  const GValue* value =
      context ? gst_structure_get_value(gst_context_get_structure(context), kFramesField) : nullptr;
  std::shared_ptr<FrameTable> table;
  if (value && G_VALUE_HOLDS(value, frame_table_type())) {
    table = *static_cast<SharedTable*>(g_value_get_boxed(value));
  }
  if (context) gst_context_unref(context);
  return table ? table : std::make_shared<FrameTable>();
}

}  // namespace gsttorch
