// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Returns output caps of twice the width of `caps`; handles fixed widths, ranges and lists.
Ref<GstCaps> doubled_width(const GstCaps* caps);

/// Returns the input caps for which `doubled_width` gives `caps`. Odd widths are dropped, so the
/// result may be empty.
Ref<GstCaps> halved_width(const GstCaps* caps);

}  // namespace gsttorch
