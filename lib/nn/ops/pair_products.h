// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace gsttorch {

/// Products of rows with all rows of a matrix, on the CPU in float32: similarities, correlations.
class PairProducts {
 public:
  explicit PairProducts(const at::Tensor& second);  // [M, C], dense

  /// Writes first second^T, [rows, M], for dense `first` [rows, C].
  void operator()(const float* first, std::int64_t rows, float* products) const;

 private:
  std::int64_t columns_, depth_;
  at::Tensor packed_;
};

}  // namespace gsttorch
