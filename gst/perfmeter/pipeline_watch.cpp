// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/pipeline_watch.h"

#include <algorithm>
#include <utility>

#include "gst/perfmeter/debug.h"
#include "gst/perfmeter/shared_handler.h"
#include "gst/perfmeter/stream_point.h"
#include "lib/perf/perf_bottleneck.h"

namespace gsttorch {
namespace {

constexpr unsigned kFindEvery = 100;  // samples

const char* word_of(const ElementWatch& element) {
  switch (element.role()) {
    case ElementWatch::Role::Source:
      return "source";
    case ElementWatch::Role::Decoder:
      return "decode";
    case ElementWatch::Role::Sink:
      return "sink";
    default:
      return element.name().c_str();
  }
}

bool is_pulled(const PadWatch& pad) { return GST_PAD_MODE(pad.pad.get()) == GST_PAD_MODE_PULL; }

const ElementWatch* bottleneck(const WatchedElements& elements) {
  std::vector<SampledElement> sampled;
  for (const auto& element : elements) {
    const bool is_source = element->role() == ElementWatch::Role::Source;
    sampled.push_back({element->samples(), element->busy_share(), is_source});
  }
  const auto found = find_bottleneck(sampled);
  return found ? elements[*found].get() : nullptr;
}

}  // namespace

PipelineWatch::PipelineWatch(GstBin* bin, std::shared_ptr<FrameTimes> frames)
    : frames_(std::move(frames)) {
  g_weak_ref_init(&bin_, bin);
}

PipelineWatch::~PipelineWatch() { g_weak_ref_clear(&bin_); }

std::shared_ptr<PipelineWatch> PipelineWatch::attach(GstBin* bin,
                                                     std::shared_ptr<FrameTimes> frames) {
  const std::shared_ptr<PipelineWatch> watch(new PipelineWatch(bin, std::move(frames)));
  watch->connect(bin);
  watch->add_all(bin);
  return watch;
}

void PipelineWatch::connect(GstBin* bin) {
  using Handler = void (*)(GstBin*, GstBin*, GstElement*, gpointer);
  const Handler on_added = [](GstBin*, GstBin*, GstElement* element, gpointer watch) {
    shared_in<PipelineWatch>(watch).add(element);
  };
  const Handler on_removed = [](GstBin*, GstBin*, GstElement* element, gpointer watch) {
    shared_in<PipelineWatch>(watch).remove(element);
  };
  const gulong added =
      connect_shared(bin, "deep-element-added", G_CALLBACK(on_added), shared_from_this());
  const gulong removed =
      connect_shared(bin, "deep-element-removed", G_CALLBACK(on_removed), shared_from_this());
  const std::lock_guard lock(mutex_);
  added_ = added;
  removed_ = removed;
}

void PipelineWatch::detach() {
  WatchedElements elements;
  gulong added = 0, removed = 0;
  {
    const std::lock_guard lock(mutex_);
    is_detached_ = has_changed_ = true;
    elements.swap(elements_);
    added = added_;
    removed = removed_;
  }
  if (const auto bin = Ref<GstObject>::adopt(static_cast<GstObject*>(g_weak_ref_get(&bin_)))) {
    g_signal_handler_disconnect(bin.get(), added);
    g_signal_handler_disconnect(bin.get(), removed);
  }
  for (const auto& element : elements) element->detach();
}

void PipelineWatch::add_all(GstBin* bin) {
  GstIterator* elements = gst_bin_iterate_recurse(bin);
  const GstIteratorForeachFunction visit = [](const GValue* item, gpointer watch) {
    static_cast<PipelineWatch*>(watch)->add(static_cast<GstElement*>(g_value_get_object(item)));
  };
  // After a resync, `add` ignores the elements that it has already.
  while (gst_iterator_foreach(elements, visit, this) == GST_ITERATOR_RESYNC) {
    gst_iterator_resync(elements);
  }
  gst_iterator_free(elements);
}

// Adds the watch to the list before connecting its signals: a thread that removes the element
// meanwhile finds it in the list, and a watch detached before `attach` stays detached.
void PipelineWatch::add(GstElement* element) {
  if (GST_IS_BIN(element)) return;
  const auto added = ElementWatch::create(element, frames_);
  {
    const std::lock_guard lock(mutex_);
    const auto is_known = [&](const auto& known) { return known->is_of(element); };
    if (is_detached_ || std::any_of(elements_.begin(), elements_.end(), is_known)) return;
    elements_.push_back(added);
    has_changed_ = true;
  }
  GST_DEBUG("watches %s from now on", added->name().c_str());
  added->attach();
}

void PipelineWatch::remove(GstElement* element) {
  std::shared_ptr<ElementWatch> removed;
  {
    const std::lock_guard lock(mutex_);
    const auto at = std::find_if(elements_.begin(), elements_.end(),
                                 [&](const auto& known) { return known->is_of(element); });
    if (at == elements_.end()) return;
    removed = std::move(*at);
    elements_.erase(at);
    has_changed_ = true;
  }
  GST_DEBUG("watches %s no more", removed->name().c_str());
  removed->detach();
}

WatchedElements PipelineWatch::elements() const {
  const std::lock_guard lock(mutex_);
  return elements_;
}

// Links refer to the present elements: they are determined again before a removed element is used.
WatchedElements PipelineWatch::elements_to_sample() {
  WatchedElements elements;
  {
    const std::lock_guard lock(mutex_);
    elements = elements_;
    if (std::exchange(has_changed_, false)) until_find_ = 0;
  }
  if (until_find_ == 0) {
    links_ = PadLinks(elements);
    until_find_ = kFindEvery;
  }
  until_find_--;
  return elements;
}

// Returns true if a thread that entered the element has moved on to the next one.
bool PipelineWatch::is_beyond(const ElementWatch& element) const {
  const auto is_peer_in_use = [&](const PadWatch& pad) {
    const PadWatch* peer = links_.peer_of(pad);
    return peer && peer->was_in_use;
  };
  for (const PadWatch* pad : element.pads(GST_PAD_SRC)) {
    if (!is_pulled(*pad) && is_peer_in_use(*pad)) return true;
  }
  for (const PadWatch* pad : element.pads(GST_PAD_SINK)) {
    if (is_pulled(*pad) && is_peer_in_use(*pad)) return true;
  }
  return false;
}

void PipelineWatch::judge(ElementWatch& element) const {
  const auto sinks = element.pads(GST_PAD_SINK);
  bool is_inside = sinks.empty();
  for (const PadWatch* pad : sinks) is_inside |= pad->was_in_use;
  for (const PadWatch* pad : element.pads(GST_PAD_SRC)) {
    if (is_pulled(*pad)) is_inside = pad->was_in_use;
  }
  // In an element with a thread of its own, upstream waits for space; the element is the cause only
  // if it does not wait for space itself.
  const bool can_work = is_inside && element.role() != ElementWatch::Role::Queue;
  element.count_sample({can_work && !is_beyond(element), is_inside && element.has_thread()});
}

void PipelineWatch::sample() {
  const WatchedElements elements = elements_to_sample();
  for (const auto& element : elements) element->update_pads();
  const std::uint64_t now = monotonic_now();
  for (const auto& element : elements) {
    judge(*element);
    element->take_turn(now);
  }
}

std::vector<ProgressStage> PipelineWatch::stages() const {
  std::vector<ProgressStage> stages;
  const WatchedElements elements = this->elements();
  for (const auto& element : in_stream_order(elements, PadLinks(elements))) {
    if (element->stage().empty() || !element->has_frames()) continue;
    if (const auto finished = element->finished()) stages.push_back({element->stage(), *finished});
  }
  return stages;
}

void PipelineWatch::add_to(PerfRecord& record) const {
  PerfRecord all = PerfRecord::array();
  const WatchedElements elements = this->elements();
  if (const ElementWatch* element = bottleneck(elements)) {
    record["bottleneck"] = word_of(*element);
    record["bottleneck_element"] = element->name();
    record["bottleneck_share"] = element->busy_share();
  }
  for (const auto& element : in_stream_order(elements, PadLinks(elements))) {
    if (element->role() == ElementWatch::Role::Source && element->samples() > 0) {
      record["source_share"] = std::max(element->busy_share(), record.value("source_share", 0.0));
    }
    all.push_back(element->record());
  }
  record["elements"] = std::move(all);
}

}  // namespace gsttorch
