// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/element_watch.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include <pthread.h>

#include "gst/perfmeter/shared_handler.h"
#include "gst/perfmeter/stream_point.h"

namespace gsttorch {
namespace {

// A push from one element immediately enters the next element's sink pad, so both probes share one
// clock reading. It is kept in the library's static TLS, which needs no call to access.
struct LastPush {
  const void* data = nullptr;
  std::uint64_t time = 0;
  unsigned epoch = 0;
};
__attribute__((tls_model("initial-exec"))) thread_local LastPush last_push;

// Increases when probes are added or removed: earlier pushes may have arrived unnoticed.
std::atomic<unsigned> epoch{0};

constexpr unsigned kTurns = 20;         // the element is timed in one of them
constexpr unsigned kTurnsPerRate = 4;   // over which the buffer rate is measured
constexpr double kInTurnsAbove = 5000;  // buffers per second

struct ProbeData {
  std::shared_ptr<ElementWatch> element;  // lives as long as a probe may run
  PadWatch* pad;
};

std::uintptr_t this_thread() { return static_cast<std::uintptr_t>(pthread_self()); }

GstBuffer* first_buffer(GstPadProbeInfo* info) {
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) return GST_PAD_PROBE_INFO_BUFFER(info);
  GstBufferList* list = GST_PAD_PROBE_INFO_BUFFER_LIST(info);
  return list && gst_buffer_list_length(list) > 0 ? gst_buffer_list_get(list, 0) : nullptr;
}

void count(PadWatch& pad, GstPadProbeInfo* info) {
  std::uint64_t added = 1;
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) {
    added = gst_buffer_list_length(GST_PAD_PROBE_INFO_BUFFER_LIST(info));
  }
  pad.buffers.store(pad.buffers.load(std::memory_order_relaxed) + added, std::memory_order_relaxed);
}

// For counters that only the sampling thread increments.
void add_one(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

int references_of(const PadWatch& pad) { return GST_OBJECT_REFCOUNT_VALUE(pad.pad.get()); }

void record_use(PadWatch& pad) {
  pad.references_in_use.store(references_of(pad), std::memory_order_relaxed);
}

bool is_pulled(const PadWatch& pad) { return GST_PAD_MODE(pad.pad.get()) == GST_PAD_MODE_PULL; }

// Returns true if a thread that entered through the pad, or is driven by it, has not returned yet.
bool is_in_use(const PadWatch& pad) {
  const bool is_sink = GST_PAD_DIRECTION(pad.pad.get()) == GST_PAD_SINK;
  if (is_sink && is_pulled(pad)) return gst_pad_get_task_state(pad.pad.get()) == GST_TASK_STARTED;
  if (!is_sink && !is_pulled(pad)) return false;  // no thread enters through it
  const int in_use = pad.references_in_use.load(std::memory_order_relaxed);
  return in_use != 0 && references_of(pad) >= in_use;
}

std::string name_of(GstElement* element) {
  gchar* name = gst_object_get_name(GST_OBJECT(element));
  std::string text = name;
  g_free(name);
  return text;
}

std::string factory_name(GstElement* element) {
  GstElementFactory* factory = gst_element_get_factory(element);
  return factory ? GST_OBJECT_NAME(factory) : G_OBJECT_TYPE_NAME(element);
}

bool is_of_class(GstElement* element, std::string_view word) {
  const char* klass = gst_element_get_metadata(element, GST_ELEMENT_METADATA_KLASS);
  return klass && std::string_view(klass).find(word) != std::string_view::npos;
}

ElementWatch::Role role_of(GstElement* element, const std::string& factory) {
  static constexpr std::array<std::string_view, 5> kQueues{"queue", "queue2", "multiqueue",
                                                           "downloadbuffer", "imagequeue"};
  if (std::find(kQueues.begin(), kQueues.end(), factory) != kQueues.end()) {
    return ElementWatch::Role::Queue;
  }
  if (GST_OBJECT_FLAG_IS_SET(element, GST_ELEMENT_FLAG_SINK)) return ElementWatch::Role::Sink;
  if (GST_OBJECT_FLAG_IS_SET(element, GST_ELEMENT_FLAG_SOURCE)) return ElementWatch::Role::Source;
  return is_of_class(element, "Decoder") ? ElementWatch::Role::Decoder : ElementWatch::Role::Other;
}

// Analysers are recognised by a property that only they have: this plugin does not link them.
std::string stage_of(GstElement* element, ElementWatch::Role role) {
  if (role == ElementWatch::Role::Decoder) return "decode";
  const bool is_source = role == ElementWatch::Role::Source;
  if (!is_source && is_of_class(element, "File")) return "write";
  GObjectClass* klass = G_OBJECT_GET_CLASS(element);
  const bool is_analyser = g_object_class_find_property(klass, "inference-interval") != nullptr;
  return is_analyser ? name_of(element) : "";
}

// Only frames have a width, raw or encoded.
bool carries_frames(GstPad* pad) {
  const auto caps = Ref<GstCaps>::adopt(gst_pad_get_current_caps(pad));
  return caps && gst_caps_get_size(caps.get()) > 0 &&
         gst_structure_has_field(gst_caps_get_structure(caps.get(), 0), "width");
}

bool is_linked_inside(GstPad* source, GstPad* sink) {
  GstIterator* links = gst_pad_iterate_internal_links(source);
  if (!links) return false;
  GValue item = G_VALUE_INIT;
  bool is_linked = false;
  while (!is_linked && gst_iterator_next(links, &item) == GST_ITERATOR_OK) {
    is_linked = g_value_get_object(&item) == sink;
    g_value_reset(&item);
  }
  g_value_unset(&item);
  gst_iterator_free(links);
  return is_linked;
}

bool add_level(GObject* object, const char* property, std::uint64_t& level) {
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(object), property);
  if (!spec) return false;
  if (spec->value_type == G_TYPE_UINT64) {
    guint64 value = 0;
    g_object_get(object, property, &value, nullptr);
    level += value;
    return true;
  }
  if (spec->value_type != G_TYPE_UINT) return false;
  guint value = 0;
  g_object_get(object, property, &value, nullptr);
  level += value;
  return true;
}

}  // namespace

ElementWatch::ElementWatch(GstElement* element, std::shared_ptr<FrameTimes> frames)
    : id_(element),
      name_(name_of(element)),
      factory_(factory_name(element)),
      role_(role_of(element, factory_)),
      stage_(stage_of(element, role_)),
      frames_(std::move(frames)),
      has_thread_(role_ == Role::Queue),
      element_(Ref<GstElement>::share(element)) {}

ElementWatch::~ElementWatch() = default;

std::shared_ptr<ElementWatch> ElementWatch::create(GstElement* element,
                                                   std::shared_ptr<FrameTimes> frames) {
  return std::shared_ptr<ElementWatch>(new ElementWatch(element, std::move(frames)));
}

void ElementWatch::attach() {
  const auto element = this->element();
  if (!element) return;
  using Handler = void (*)(GstElement*, GstPad*, gpointer);
  const Handler on_added = [](GstElement*, GstPad* pad, gpointer watch) {
    shared_in<ElementWatch>(watch).add_pad(pad);
  };
  const Handler on_removed = [](GstElement*, GstPad* pad, gpointer watch) {
    shared_in<ElementWatch>(watch).remove_pad(pad);
  };
  const gulong added =
      connect_shared(element.get(), "pad-added", G_CALLBACK(on_added), shared_from_this());
  const gulong removed =
      connect_shared(element.get(), "pad-removed", G_CALLBACK(on_removed), shared_from_this());
  bool is_detached = false;
  {
    const std::lock_guard lock(mutex_);
    is_detached = !element_;
    pad_added_ = added;
    pad_removed_ = removed;
  }
  if (is_detached) {  // before the handler ids were stored
    g_signal_handler_disconnect(element.get(), added);
    g_signal_handler_disconnect(element.get(), removed);
    return;
  }
  gst_element_foreach_pad(
      element.get(),
      [](GstElement*, GstPad* pad, gpointer self) -> gboolean {
        return static_cast<ElementWatch*>(self)->add_pad(pad), TRUE;
      },
      this);
}

void ElementWatch::add_pad(GstPad* pad) {
  if (GST_IS_GHOST_PAD(pad)) return;
  {
    const std::lock_guard lock(mutex_);
    if (!element_) return;
    for (const auto& known : pads_) {
      if (known->pad.get() == pad && !known->is_gone) return;
    }
    pads_.push_back(std::make_unique<PadWatch>());
    PadWatch& added = *pads_.back();
    added.pad = Ref<GstPad>::share(pad);
    added.element = this;
    if (is_timing_) add_probe(added);
  }
  pair_pads();
}

// Call it with mutex_ locked: adding a probe for data only does not call the probe or anything
// else.
void ElementWatch::add_probe(PadWatch& pad) {
  if (pad.probe || pad.is_gone) return;
  const auto type =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST);
  const bool is_sink = GST_PAD_DIRECTION(pad.pad.get()) == GST_PAD_SINK;
  pad.probe = gst_pad_add_probe(pad.pad.get(), type, is_sink ? on_enter : on_leave,
                                new ProbeData{shared_from_this(), &pad},
                                [](gpointer data) { delete static_cast<ProbeData*>(data); });
}

void ElementWatch::start_timing() {
  const std::lock_guard lock(mutex_);
  if (!element_) return;
  is_timing_ = true;
  epoch.fetch_add(1, std::memory_order_relaxed);
  // Buffers of an earlier turn have left unnoticed. Source pads first: a buffer must not enter
  // without an exit probe.
  entered_at_.store(0, std::memory_order_relaxed);
  for (const auto direction : {GST_PAD_SRC, GST_PAD_SINK}) {
    for (const auto& pad : pads_) {
      if (GST_PAD_DIRECTION(pad->pad.get()) == direction) add_probe(*pad);
    }
  }
}

void ElementWatch::stop_timing(GstPadDirection direction) {
  std::vector<std::pair<GstPad*, gulong>> probes;
  {
    const std::lock_guard lock(mutex_);
    is_timing_ = false;
    for (const auto& pad : pads_) {
      if (pad->is_gone || GST_PAD_DIRECTION(pad->pad.get()) != direction || !pad->probe) continue;
      probes.emplace_back(pad->pad.get(), std::exchange(pad->probe, 0));
    }
  }
  for (const auto& [pad, probe] : probes) gst_pad_remove_probe(pad, probe);
}

void ElementWatch::remove_pad(GstPad* pad) {
  gulong probe = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& known : pads_) {
      if (known->pad.get() != pad || known->is_gone) continue;
      known->is_gone = true;
      probe = std::exchange(known->probe, 0);
    }
  }
  if (probe) gst_pad_remove_probe(pad, probe);
  pair_pads();
}

void ElementWatch::detach() {
  std::vector<std::pair<GstPad*, gulong>> probes;
  Ref<GstElement> element;
  gulong added = 0, removed = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& pad : pads_) {
      pad->is_gone = true;
      if (pad->probe) probes.emplace_back(pad->pad.get(), std::exchange(pad->probe, 0));
    }
    std::swap(element, element_);
    added = std::exchange(pad_added_, 0);
    removed = std::exchange(pad_removed_, 0);
  }
  for (const auto& [pad, probe] : probes) gst_pad_remove_probe(pad, probe);
  if (!element || added == 0) return;
  g_signal_handler_disconnect(element.get(), added);
  g_signal_handler_disconnect(element.get(), removed);
}

Ref<GstElement> ElementWatch::element() const {
  const std::lock_guard lock(mutex_);
  return element_;
}

std::vector<PadWatch*> ElementWatch::pads(GstPadDirection direction) const {
  const std::lock_guard lock(mutex_);
  std::vector<PadWatch*> found;
  for (const auto& pad : pads_) {
    if (!pad->is_gone && GST_PAD_DIRECTION(pad->pad.get()) == direction) found.push_back(pad.get());
  }
  return found;
}

PadWatch* ElementWatch::partner_of(const PadWatch& source_pad,
                                   const std::vector<PadWatch*>& sinks) const {
  if (sinks.size() == 1) return sinks.front();
  if (factory_ != "multiqueue") return nullptr;  // mixers: the input of a buffer is not known
  for (PadWatch* sink : sinks) {
    if (is_linked_inside(source_pad.pad.get(), sink->pad.get())) return sink;
  }
  return nullptr;
}

void ElementWatch::pair_pads() {
  const auto sinks = pads(GST_PAD_SINK);
  for (PadWatch* source : pads(GST_PAD_SRC)) {
    source->partner.store(partner_of(*source, sinks), std::memory_order_relaxed);
  }
}

GstPadProbeReturn ElementWatch::on_enter(GstPad*, GstPadProbeInfo* info, gpointer data) {
  PadWatch& pad = *static_cast<ProbeData*>(data)->pad;
  pad.element->enter(pad, info);
  return GST_PAD_PROBE_OK;
}

GstPadProbeReturn ElementWatch::on_leave(GstPad*, GstPadProbeInfo* info, gpointer data) {
  PadWatch& pad = *static_cast<ProbeData*>(data)->pad;
  pad.element->leave(pad, info);
  return GST_PAD_PROBE_OK;
}

void ElementWatch::enter(PadWatch& pad, GstPadProbeInfo* info) {
  const bool was_pushed =
      last_push.data == info->data && last_push.epoch == epoch.load(std::memory_order_relaxed);
  const std::uint64_t now = was_pushed ? last_push.time : monotonic_now();
  last_push.data = nullptr;
  count(pad, info);
  record_use(pad);
  entered_by_.store(this_thread(), std::memory_order_relaxed);
  entered_at_.store(now, std::memory_order_relaxed);
  if (!has_thread()) return;
  if (GstBuffer* buffer = first_buffer(info)) {
    pad.inside.put({buffer, GST_BUFFER_PTS(buffer), now});
  }
}

void ElementWatch::leave(PadWatch& pad, GstPadProbeInfo* info) {
  const std::uint64_t now = monotonic_now();
  const bool is_seen_next = pad.has_watched_peer.load(std::memory_order_relaxed);
  last_push = {is_seen_next ? info->data : nullptr, now, epoch.load(std::memory_order_relaxed)};
  count(pad, info);
  if (is_pulled(pad)) record_use(pad);
  const std::uintptr_t entered_by = entered_by_.load(std::memory_order_relaxed);
  if (entered_by == 0) return;  // a source
  if (entered_by != this_thread() || role_ == Role::Queue) {
    if (GstBuffer* buffer = first_buffer(info)) leave_other_thread(pad, buffer, now);
    return;
  }
  const std::uint64_t entered_at = entered_at_.load(std::memory_order_relaxed);
  if (entered_at == 0) return;  // one buffer in, several out: only the first counts
  add_time(pad.processing, first_buffer(info), now - entered_at);
  entered_at_.store(0, std::memory_order_relaxed);
}

void ElementWatch::leave_other_thread(PadWatch& pad, GstBuffer* buffer, std::uint64_t now) {
  has_thread_.store(true, std::memory_order_relaxed);
  PadWatch* partner = pad.partner.load(std::memory_order_relaxed);
  if (!partner) return;
  const auto entered_at = partner->inside.take(buffer, GST_BUFFER_PTS(buffer), GST_CLOCK_TIME_NONE);
  if (!entered_at || *entered_at > now) return;
  add_time(role_ == Role::Queue ? pad.queueing : pad.processing, buffer, now - *entered_at);
}

void ElementWatch::add_time(DurationHistogram& times, GstBuffer* buffer, std::uint64_t time) {
  times.add(time);
  if (!frames_ || !buffer || !GST_BUFFER_PTS_IS_VALID(buffer)) return;
  frames_->add(GST_BUFFER_PTS(buffer), name_, time);
}

void ElementWatch::add_levels(PerfRecord& record) const {
  const auto element = this->element();
  if (role_ != Role::Queue || !element) return;
  for (const auto& [property, key] : {std::pair{"current-level-buffers", "level_buffers"},
                                      {"current-level-bytes", "level_bytes"},
                                      {"current-level-time", "level_time"}}) {
    std::uint64_t level = 0;
    bool has_level = add_level(G_OBJECT(element.get()), property, level);
    if (!has_level) {  // multiqueue: each pad has its own level
      for (PadWatch* pad : pads(GST_PAD_SINK)) {
        has_level |= add_level(G_OBJECT(pad->pad.get()), property, level);
      }
    }
    if (has_level) record[key] = level;
  }
}

double ElementWatch::share(const std::atomic<std::uint64_t>& part) const {
  const std::uint64_t all = samples();
  if (all == 0) return 0;
  return static_cast<double>(part.load(std::memory_order_relaxed)) / static_cast<double>(all);
}

void ElementWatch::update_pads() {
  const std::lock_guard lock(mutex_);
  for (const auto& pad : pads_) pad->was_in_use = is_in_use(*pad);
}

void ElementWatch::count_sample(const Sample& sample) {
  if (sample.is_busy) add_one(busy_samples_);
  if (sample.is_full) add_one(full_samples_);
  add_one(samples_);
}

std::uint64_t ElementWatch::passed() const {
  std::uint64_t entered = 0, left = 0;
  const std::lock_guard lock(mutex_);
  for (const auto& pad : pads_) {
    const bool is_sink = GST_PAD_DIRECTION(pad->pad.get()) == GST_PAD_SINK;
    (is_sink ? entered : left) += pad->buffers.load(std::memory_order_relaxed);
  }
  return std::max(entered, left);
}

bool ElementWatch::has_frames() const {
  if (has_frames_.load(std::memory_order_relaxed)) return true;
  for (const auto direction : {GST_PAD_SINK, GST_PAD_SRC}) {
    for (const PadWatch* pad : pads(direction)) {
      if (carries_frames(pad->pad.get())) has_frames_.store(true, std::memory_order_relaxed);
    }
  }
  return has_frames_.load(std::memory_order_relaxed);
}

std::optional<std::uint64_t> ElementWatch::finished() const {
  if (untimed_turns_ > 0) return std::nullopt;
  const auto sources = pads(GST_PAD_SRC);
  if (sources.empty()) return passed();
  std::uint64_t left = 0;
  for (const PadWatch* pad : sources) left += pad->buffers.load(std::memory_order_relaxed);
  return left;
}

void ElementWatch::set_mark(std::uint64_t now) { mark_ = {passed(), now}; }

double ElementWatch::rate_since_mark(std::uint64_t now) const {
  return static_cast<double>(passed() - mark_.passed) * 1e9 /
         static_cast<double>(std::max<std::uint64_t>(now - mark_.time, 1));
}

void ElementWatch::take_turn_always_timed(std::uint64_t now) {
  if (mark_.time != 0 && turn_ % kTurnsPerRate != 0) return;
  is_in_turns_ = mark_.time != 0 && rate_since_mark(now) > kInTurnsAbove;
  set_mark(now);
  if (!is_in_turns_) return;
  stop_timing(GST_PAD_SINK);
  turn_ = 1;
}

void ElementWatch::take_turn(std::uint64_t now) {
  // Buffers in a queue, or in an element with a thread, stay longer than a turn.
  if (has_thread() && !is_in_turns_) return;
  turn_ = (turn_ + 1) % kTurns;
  if (is_in_turns_ && turn_ != 1) add_one(untimed_turns_);
  add_one(turns_);
  if (!is_in_turns_) {
    take_turn_always_timed(now);
  } else if (turn_ == 0) {
    set_mark(now);
    start_timing();
  } else if (turn_ == 1) {
    // At lower rates, every buffer can be timed.
    is_in_turns_ = !has_thread() && rate_since_mark(now) > kInTurnsAbove;
    if (is_in_turns_) stop_timing(GST_PAD_SINK);
  } else if (turn_ == 2) {
    stop_timing(GST_PAD_SRC);  // by now the buffers that entered may have left
  }
}

PerfRecord ElementWatch::record() const {
  PerfRecord record{{"name", name_}, {"factory", factory_}};
  DurationHistogram processing, queueing;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& pad : pads_) {
      processing.merge(pad->processing);
      queueing.merge(pad->queueing);
    }
  }
  const std::uint64_t untimed = untimed_turns_, turns = turns_;
  if (untimed == 0) {
    record["buffers"] = passed();
  } else {
    const auto share = static_cast<double>(untimed) / static_cast<double>(std::max(turns, untimed));
    record["watched_share"] = 1 - share;
  }
  if (processing.count() > 0) record["processing"] = gsttorch::to_record(processing.summary());
  if (queueing.count() > 0) record["queueing"] = gsttorch::to_record(queueing.summary());
  add_levels(record);
  if (samples() > 0) {
    record["busy"] = busy_share();
    if (has_thread()) record["full"] = share(full_samples_);
  }
  return record;
}

}  // namespace gsttorch
