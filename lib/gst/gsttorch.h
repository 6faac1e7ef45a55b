// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
/* libgsttorch-1.0: reads the results that elements of gst-plugins-torch attach to buffers. */
#pragma once

#include "gsttorchenums.h"
#include "gsttorchflowmeta.h"
#include "gsttorchmatchmeta.h"
#include "gsttorchmemory.h"
#include "gsttorchruntime.h"
#include "gsttorchshotmeta.h"
