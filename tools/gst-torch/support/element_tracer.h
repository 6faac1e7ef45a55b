// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

namespace gsttorch {

/// From now on, follows buffers and events from element to element, in all pipelines of the
/// process. After gst_init; a second call does nothing.
void trace_elements();

/// How many buffers and events were passed from one pad to another. Any thread.
std::uint64_t traced_pushes();

/// Name of the factory of the element that the calling thread is in; empty where that is not known.
/// For a signal handler.
const char* traced_element();

}  // namespace gsttorch
