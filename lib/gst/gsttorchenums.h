// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#ifndef GST_TORCH_API
#define GST_TORCH_API __attribute__((visibility("default"))) extern
#endif

/**
 * GstTorchAttach:
 * @GST_TORCH_ATTACH_NONE: nothing
 * @GST_TORCH_ATTACH_SUMMARY: figures without arrays
 * @GST_TORCH_ATTACH_FULL: figures and arrays
 *
 * Parts of a result that a model element attaches to its buffers.
 */
typedef enum {
  GST_TORCH_ATTACH_NONE,
  GST_TORCH_ATTACH_SUMMARY,
  GST_TORCH_ATTACH_FULL,
} GstTorchAttach;

#define GST_TYPE_TORCH_ATTACH (gst_torch_attach_get_type())
GST_TORCH_API GType gst_torch_attach_get_type(void);

/**
 * GstTorchPrecision:
 * @GST_TORCH_PRECISION_AUTO: fp32
 * @GST_TORCH_PRECISION_FP32: IEEE single precision; on CUDA devices products have the precision of
 *   TF32, unless NVIDIA_TF32_OVERRIDE=0 is in the environment
 * @GST_TORCH_PRECISION_FP16: IEEE half precision, on CUDA devices
 * @GST_TORCH_PRECISION_BF16: bfloat16, on CUDA devices with compute capability 8.0 or later and on
 *   CPUs with AVX512_BF16
 * @GST_TORCH_PRECISION_REDUCED: fp32 on the CPU; on a CUDA device bf16, else fp16
 *
 * Data type of a model's convolutions.
 */
typedef enum {
  GST_TORCH_PRECISION_AUTO,
  GST_TORCH_PRECISION_FP32,
  GST_TORCH_PRECISION_FP16,
  GST_TORCH_PRECISION_BF16,
  GST_TORCH_PRECISION_REDUCED,
} GstTorchPrecision;

#define GST_TYPE_TORCH_PRECISION (gst_torch_precision_get_type())
GST_TORCH_API GType gst_torch_precision_get_type(void);

/**
 * GstTorchQuality:
 * @GST_TORCH_QUALITY_EXACT: the mathematics of the original implementations
 * @GST_TORCH_QUALITY_BALANCED: at least 0.95 of the exact quality
 * @GST_TORCH_QUALITY_FAST: at least 0.9 of the exact quality
 *
 * A preset for the properties of a model element that trade quality for speed.
 */
typedef enum {
  GST_TORCH_QUALITY_EXACT,
  GST_TORCH_QUALITY_BALANCED,
  GST_TORCH_QUALITY_FAST,
} GstTorchQuality;

#define GST_TYPE_TORCH_QUALITY (gst_torch_quality_get_type())
GST_TORCH_API GType gst_torch_quality_get_type(void);

G_END_DECLS
