// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/pad_links.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace gsttorch {
namespace {

// Returns the pad of a real element behind a pad, resolving ghost pads and their internal proxies.
Ref<GstPad> behind_proxies(Ref<GstPad> pad) {
  while (pad && GST_IS_PROXY_PAD(pad.get())) {
    if (GST_IS_GHOST_PAD(pad.get())) {
      pad = Ref<GstPad>::adopt(gst_ghost_pad_get_target(GST_GHOST_PAD(pad.get())));
      continue;
    }
    const auto proxy =
        Ref<GstProxyPad>::adopt(gst_proxy_pad_get_internal(GST_PROXY_PAD(pad.get())));
    pad = proxy ? Ref<GstPad>::adopt(gst_pad_get_peer(GST_PAD(proxy.get()))) : Ref<GstPad>();
  }
  return pad;
}

}  // namespace

PadLinks::PadLinks(const WatchedElements& elements) {
  std::unordered_map<GstPad*, PadWatch*> sinks;
  for (const auto& element : elements) {
    for (PadWatch* pad : element->pads(GST_PAD_SINK)) sinks[pad->pad.get()] = pad;
  }
  for (const auto& element : elements) {
    for (PadWatch* pad : element->pads(GST_PAD_SRC)) {
      const auto peer = behind_proxies(Ref<GstPad>::adopt(gst_pad_get_peer(pad->pad.get())));
      const auto at = sinks.find(peer.get());
      const bool is_watched = at != sinks.end();
      pad->has_watched_peer.store(is_watched, std::memory_order_relaxed);
      if (!is_watched) continue;
      peers_[pad] = at->second;
      peers_[at->second] = pad;
    }
  }
}

PadWatch* PadLinks::peer_of(const PadWatch& pad) const {
  const auto at = peers_.find(&pad);
  return at == peers_.end() ? nullptr : at->second;
}

WatchedElements in_stream_order(const WatchedElements& elements, const PadLinks& links) {
  // A bin stores its latest element first, and sources are mostly added first.
  WatchedElements left(elements.rbegin(), elements.rend());
  std::stable_partition(left.begin(), left.end(),
                        [](const auto& element) { return element->pads(GST_PAD_SINK).empty(); });
  WatchedElements ordered;
  std::set<const ElementWatch*> seen;
  const std::function<void(const std::shared_ptr<ElementWatch>&)> visit = [&](const auto& element) {
    if (!seen.insert(element.get()).second) return;
    ordered.push_back(element);
    for (const PadWatch* pad : element->pads(GST_PAD_SRC)) {
      if (const PadWatch* peer = links.peer_of(*pad)) visit(peer->element->shared_from_this());
    }
  };
  for (const auto& element : left) visit(element);
  return ordered;
}

}  // namespace gsttorch
