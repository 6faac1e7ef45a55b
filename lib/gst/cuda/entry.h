// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

/// What libgsttorch-gstcuda.so exports; the number changes with the signature. Wraps the primary
/// context (a CUcontext) of a device, which must outlive the result: transfer full. NULL: a reason
/// that lives for ever is in `problem`. Thread-safe.
#define GSTTORCH_GSTCUDA_ENTRY "gsttorch_gstcuda_1"
using GstCudaEntry = GstContext* (*)(void* primary_context, int device, const char** problem);
