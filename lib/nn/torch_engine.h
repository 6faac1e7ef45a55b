// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/engine/engine.h"

namespace gsttorch {

/// The engine of this process.
Engine* torch_engine();

}  // namespace gsttorch
