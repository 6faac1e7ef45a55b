// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "lib/nn/weights/file_mapping.h"
#include "lib/nn/weights/state_dict.h"

namespace gsttorch {

/// A mapped file as a source of tensors. The tensors are views of the mapping, which lives as long
/// as the last of them. Bytes that are not aligned for their type are copied instead, which the
/// older container and careless writers of safetensors make necessary.
class MappedTensors {
 public:
  MappedTensors(std::shared_ptr<const FileMapping> file, WeightsContent content)
      : file_(std::move(file)), content_(content) {}

  std::string_view bytes() const { return file_->bytes(); }

  /// A run of elements inside the file: [elements] of `type`, `data` being exactly their bytes.
  /// Where only shapes are asked for, no byte of `data` is read.
  /// Throws Failure when more would have to be copied, in all, than the file is long.
  at::Tensor run(std::string_view data, c10::ScalarType type);

 private:
  std::shared_ptr<const FileMapping> file_;
  WeightsContent content_;
  std::size_t copied_ = 0;
};

}  // namespace gsttorch
