// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/* libgsttorch-1.0: read what the elements of gst-plugins-torch attach to buffers. */
#pragma once

#include <gst/torch/gsttorchenums.h>
#include <gst/torch/gsttorchflowmeta.h>
#include <gst/torch/gsttorchruntime.h>
