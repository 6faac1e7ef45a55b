// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <string>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// The allocator that upstream should use for the frames of a device: one of pinned memory for
/// "cuda:0" and the like. Null for the CPU, which reads any memory; with the environment variable
/// GST_TORCH_INPUT_ALLOCATOR=1 one of ordinary memory, to test that path.
Ref<GstAllocator> make_input_allocator(const std::string& device);

}  // namespace gsttorch
