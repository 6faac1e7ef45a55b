// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/engine/engine.h"
#include "lib/nn/torch_engine.h"

extern "C" __attribute__((visibility("default"))) gsttorch::Engine* gsttorch_engine_8() {
  return gsttorch::torch_engine();
}
