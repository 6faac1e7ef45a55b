// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

/// The function that libgsttorch-gstcuda.so exports; the number changes with the signature. Wraps
/// the primary context (a CUcontext) of a device, which must outlive the result. Transfer full.
/// Returns NULL on failure and sets `problem` to a static string. Thread-safe.
#define GSTTORCH_GSTCUDA_ENTRY "gsttorch_gstcuda_1"
using GstCudaEntry = GstContext* (*)(void* primary_context, int device, const char** problem);
