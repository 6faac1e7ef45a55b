// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <memory>

#include <gst/gst.h>

namespace gsttorch {

/// Connects a handler that shares ownership of its data: disconnecting does not wait for a handler
/// that is running on another thread. The handler gets the data with `shared_in`.
template <typename T>
gulong connect_shared(gpointer instance, const char* signal, GCallback handler,
                      std::shared_ptr<T> shared) {
  const GClosureNotify let_go = [](gpointer data, GClosure*) {
    delete static_cast<std::shared_ptr<T>*>(data);
  };
  return g_signal_connect_data(instance, signal, handler, new std::shared_ptr<T>(std::move(shared)),
                               let_go, static_cast<GConnectFlags>(0));
}

template <typename T>
T& shared_in(gpointer data) {
  return **static_cast<std::shared_ptr<T>*>(data);
}

}  // namespace gsttorch
