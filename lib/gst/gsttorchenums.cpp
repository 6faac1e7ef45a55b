// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/gst/gsttorchenums.h"

GType gst_torch_attach_get_type(void) {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {GST_TORCH_ATTACH_NONE, "Nothing", "none"},
        {GST_TORCH_ATTACH_SUMMARY, "Figures without arrays", "summary"},
        {GST_TORCH_ATTACH_FULL, "Figures and arrays", "full"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstTorchAttach", values);
  }();
  return type;
}

GType gst_torch_precision_get_type(void) {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {GST_TORCH_PRECISION_AUTO, "Single precision", "auto"},
        {GST_TORCH_PRECISION_FP32, "Single precision", "fp32"},
        {GST_TORCH_PRECISION_FP16, "Half precision, on CUDA devices", "fp16"},
        {GST_TORCH_PRECISION_BF16, "bfloat16, on devices that support it", "bf16"},
        {GST_TORCH_PRECISION_REDUCED, "bfloat16, else half precision, else single precision",
         "reduced"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstTorchPrecision", values);
  }();
  return type;
}

GType gst_torch_quality_get_type(void) {
  static const GType type = [] {
    static const GEnumValue values[] = {
        {GST_TORCH_QUALITY_EXACT, "The mathematics of the original implementations", "exact"},
        {GST_TORCH_QUALITY_BALANCED, "At least 0.95 of the exact quality", "balanced"},
        {GST_TORCH_QUALITY_FAST, "At least 0.9 of the exact quality", "fast"},
        {0, nullptr, nullptr}};
    return g_enum_register_static("GstTorchQuality", values);
  }();
  return type;
}
