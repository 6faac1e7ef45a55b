// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <ATen/core/Tensor.h>

#include "lib/engine/tensor.h"

namespace gsttorch {

/// A handle to a dense float32 or float16 tensor on any device.
TensorHandle make_tensor_handle(at::Tensor tensor);

}  // namespace gsttorch
