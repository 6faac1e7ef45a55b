// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/weights/mapped_tensor.h"

#include <cstring>

#include <ATen/ATen.h>

#include "lib/nn/weights/corrupt.h"

namespace gsttorch {

at::Tensor MappedTensors::run(std::string_view data, c10::ScalarType type) {
  const std::size_t item = c10::elementSize(type);
  const auto count = static_cast<std::int64_t>(data.size() / item);
  if (content_ == WeightsContent::Shapes) {
    return at::empty({count}, at::TensorOptions().dtype(type).device(at::kMeta));
  }
  const bool aligned = reinterpret_cast<std::uintptr_t>(data.data()) % item == 0;
  // Torch has no tensors of constant bytes: state_dict.h forbids to write.
  void* bytes = const_cast<char*>(data.data());
  const auto options = at::TensorOptions().dtype(type);
  if (aligned)
    return at::from_blob(
        bytes, {count}, [keep = file_](void*) {}, options);

  copied_ += data.size();
  if (copied_ > file_->bytes().size()) fail_corrupt("its storages overlap");
  at::Tensor copy = at::empty({count}, options);
  if (count > 0) std::memcpy(copy.mutable_data_ptr(), data.data(), data.size());
  return copy;
}

}  // namespace gsttorch
