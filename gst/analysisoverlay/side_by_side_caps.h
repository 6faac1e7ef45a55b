// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {

/// Caps of the output that is twice as wide as `caps`: of fixed widths, ranges and lists.
Ref<GstCaps> doubled_width(const GstCaps* caps);

/// Caps of the inputs that `doubled_width` makes `caps` of. Widths that nothing is doubled to (odd
/// ones) are left out, so the result may be empty.
Ref<GstCaps> halved_width(const GstCaps* caps);

}  // namespace gsttorch
