// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/pipeline_watch.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "gst/perfmeter/stream_point.h"

namespace gsttorch {
namespace {

constexpr unsigned kFindEvery = 100;  // samples
constexpr std::uint64_t kEnoughSamples = 20;
constexpr double kMostly = 0.5;
constexpr double kBenefitOfDoubt = 0.05;  // of the time

// The pad of a real element behind a pad: ghost pads and what is inside them are only doors.
Ref<GstPad> behind_doors(Ref<GstPad> pad) {
  while (pad && GST_IS_PROXY_PAD(pad.get())) {
    if (GST_IS_GHOST_PAD(pad.get())) {
      pad = Ref<GstPad>::adopt(gst_ghost_pad_get_target(GST_GHOST_PAD(pad.get())));
      continue;
    }
    const auto door = Ref<GstProxyPad>::adopt(gst_proxy_pad_get_internal(GST_PROXY_PAD(pad.get())));
    pad = door ? Ref<GstPad>::adopt(gst_pad_get_peer(GST_PAD(door.get()))) : Ref<GstPad>();
  }
  return pad;
}

// Whether a thread is inside: it is only tried, never waited for.
bool is_stream_locked(GstPad* pad) {
  GRecMutex* lock = GST_PAD_GET_STREAM_LOCK(pad);
  if (!g_rec_mutex_trylock(lock)) return true;
  g_rec_mutex_unlock(lock);
  return false;
}

bool is_locked_peer(const PadWatch& pad) {
  const PadWatch* peer = pad.peer;
  return peer && peer->is_locked;
}

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

}  // namespace

PipelineWatch::PipelineWatch(GstBin* bin, std::shared_ptr<FrameTimes> frames)
    : frames_(std::move(frames)) {
  g_weak_ref_init(&bin_, bin);
  using Handler = void (*)(GstBin*, GstBin*, GstElement*, gpointer);
  const Handler added = [](GstBin*, GstBin*, GstElement* element, gpointer watch) {
    static_cast<PipelineWatch*>(watch)->attach(element);
  };
  const Handler removed = [](GstBin*, GstBin*, GstElement* element, gpointer watch) {
    static_cast<PipelineWatch*>(watch)->detach(element);
  };
  added_ = g_signal_connect(bin, "deep-element-added", G_CALLBACK(added), this);
  removed_ = g_signal_connect(bin, "deep-element-removed", G_CALLBACK(removed), this);
  attach_all(bin);
}

PipelineWatch::~PipelineWatch() {
  if (const auto bin = Ref<GstObject>::adopt(static_cast<GstObject*>(g_weak_ref_get(&bin_)))) {
    g_signal_handler_disconnect(bin.get(), added_);
    g_signal_handler_disconnect(bin.get(), removed_);
  }
  g_weak_ref_clear(&bin_);
  for (const auto& element : elements_) element->detach();
}

void PipelineWatch::attach_all(GstBin* bin) {
  GstIterator* elements = gst_bin_iterate_recurse(bin);
  const GstIteratorForeachFunction visit = [](const GValue* item, gpointer watch) {
    static_cast<PipelineWatch*>(watch)->attach(static_cast<GstElement*>(g_value_get_object(item)));
  };
  // Elements that are there already are found again.
  while (gst_iterator_foreach(elements, visit, this) == GST_ITERATOR_RESYNC) {
    gst_iterator_resync(elements);
  }
  gst_iterator_free(elements);
}

void PipelineWatch::attach(GstElement* element) {
  if (GST_IS_BIN(element)) return;
  const std::lock_guard lock(mutex_);
  for (const auto& known : elements_) {
    if (known->element().get() == element) return;
  }
  elements_.push_back(ElementWatch::attach(element, frames_));
  until_find_ = 0;
}

void PipelineWatch::detach(GstElement* element) {
  std::shared_ptr<ElementWatch> removed;
  {
    const std::lock_guard lock(mutex_);
    const auto at = std::find_if(elements_.begin(), elements_.end(), [&](const auto& known) {
      return known->element().get() == element;
    });
    if (at == elements_.end()) return;
    removed = std::move(*at);
    elements_.erase(at);
    find_peers();  // none may stay one of the removed
  }
  removed->detach();
}

void PipelineWatch::find_peers() {
  std::unordered_map<GstPad*, PadWatch*> known;
  for (const auto& element : elements_) {
    for (PadWatch* pad : element->pads(GST_PAD_SINK)) {
      known[pad->pad.get()] = pad;
      pad->peer = nullptr;
    }
  }
  for (const auto& element : elements_) {
    for (PadWatch* pad : element->pads(GST_PAD_SRC)) {
      const auto peer = behind_doors(Ref<GstPad>::adopt(gst_pad_get_peer(pad->pad.get())));
      const auto at = known.find(peer.get());
      pad->peer = at == known.end() ? nullptr : at->second;
      if (at != known.end()) at->second->peer = pad;
    }
  }
  until_find_ = kFindEvery;
}

void PipelineWatch::look_at_locks() {
  for (const auto& element : elements_) {
    for (const auto direction : {GST_PAD_SINK, GST_PAD_SRC}) {
      for (PadWatch* pad : element->pads(direction)) {
        // A pad that pulls, or pushes from a task, is locked all the time.
        const bool tells =
            direction == GST_PAD_SINK || GST_PAD_MODE(pad->pad.get()) == GST_PAD_MODE_PULL;
        pad->is_locked = tells && is_stream_locked(pad->pad.get());
      }
    }
  }
}

// Whether a thread that came through the element has gone further.
bool PipelineWatch::is_beyond(const ElementWatch& element) const {
  for (const PadWatch* pad : element.pads(GST_PAD_SRC)) {
    if (is_locked_peer(*pad)) return true;
  }
  for (const PadWatch* pad : element.pads(GST_PAD_SINK)) {
    const bool pulls = GST_PAD_MODE(pad->pad.get()) == GST_PAD_MODE_PULL;
    if (pulls && is_locked_peer(*pad)) return true;
  }
  return false;
}

void PipelineWatch::judge(ElementWatch& element) const {
  element.samples++;
  const auto sinks = element.pads(GST_PAD_SINK);
  bool is_inside = sinks.empty();
  for (const PadWatch* pad : sinks) is_inside |= pad->is_locked;
  for (const PadWatch* pad : element.pads(GST_PAD_SRC)) {
    if (GST_PAD_MODE(pad->pad.get()) == GST_PAD_MODE_PULL) is_inside = pad->is_locked;
  }
  if (!is_inside) return;
  if (element.has_thread()) element.full_samples++;
  if (element.role() == ElementWatch::Role::Queue) return;
  // With a thread of its own: upstream waits in it for room, which only it can be to blame for if
  // it does not wait for room itself.
  if (!is_beyond(element)) element.busy_samples++;
}

void PipelineWatch::sample() {
  const std::lock_guard lock(mutex_);
  if (until_find_ == 0) find_peers();
  until_find_--;
  look_at_locks();
  const std::uint64_t now = monotonic_now();
  for (const auto& element : elements_) {
    judge(*element);
    element->take_turn(now);
  }
}

// Where two threads are busy all the time, one of them waits for the clock: a live source's rate is
// the one that nothing in the pipeline can change.
const ElementWatch* PipelineWatch::bottleneck() const {
  const ElementWatch* found = nullptr;
  double most = 0;
  for (const auto& element : elements_) {
    if (element->samples < kEnoughSamples) continue;
    double busy = element->busy_share();
    const bool is_doubtful = element->role() == ElementWatch::Role::Source && busy > kMostly;
    if (is_doubtful) busy += kBenefitOfDoubt;
    if (element->busy_samples == 0 || busy <= most) continue;
    most = busy;
    found = element.get();
  }
  return found;
}

PipelineWatch::Elements PipelineWatch::in_order() const {
  // Last added first is how a bin keeps them, and sources mostly are the first.
  Elements left(elements_.rbegin(), elements_.rend());
  std::stable_partition(left.begin(), left.end(),
                        [](const auto& element) { return element->pads(GST_PAD_SINK).empty(); });
  Elements ordered;
  std::set<const ElementWatch*> seen;
  const std::function<void(const std::shared_ptr<ElementWatch>&)> visit = [&](const auto& element) {
    if (!seen.insert(element.get()).second) return;
    ordered.push_back(element);
    for (const PadWatch* pad : element->pads(GST_PAD_SRC)) {
      if (const PadWatch* peer = pad->peer) visit(peer->element->shared_from_this());
    }
  };
  for (const auto& element : left) visit(element);
  return ordered;
}

std::vector<ProgressStage> PipelineWatch::stages() {
  std::vector<ProgressStage> stages;
  const std::lock_guard lock(mutex_);
  find_peers();
  for (const auto& element : in_order()) {
    if (element->stage().empty()) continue;
    if (const auto finished = element->finished()) stages.push_back({element->stage(), *finished});
  }
  return stages;
}

void PipelineWatch::add_to(PerfRecord& record) {
  PerfRecord all = PerfRecord::array();
  const std::lock_guard lock(mutex_);
  find_peers();
  if (const ElementWatch* element = bottleneck()) {
    record["bottleneck"] = word_of(*element);
    record["bottleneck_element"] = element->name();
    record["bottleneck_share"] = element->busy_share();
  }
  for (const auto& element : in_order()) {
    if (element->role() == ElementWatch::Role::Source && element->samples > 0) {
      record["source_share"] = std::max(element->busy_share(), record.value("source_share", 0.0));
    }
    all.push_back(element->record());
  }
  record["elements"] = std::move(all);
}

}  // namespace gsttorch
