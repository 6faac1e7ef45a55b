// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/engine/tensor.h"
#include "lib/gst/ref.h"

namespace gsttorch {

/// A read-only buffer over a tensor's elements: no copy on the CPU, and the tensor lives as long as
/// the buffer's memory does. Throws std::bad_alloc where the elements cannot be had on the host.
Ref<GstBuffer> wrap_tensor(TensorHandle tensor);

}  // namespace gsttorch
