// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace gsttorch {

enum class DataType { Float32, Float16 };

/// An array that an engine computed, dense and in row-major order. It may be on a device; it is
/// copied to the host when it is first read. Thread-safe. Keep the handle while you use the bytes.
class Tensor {
 public:
  virtual ~Tensor() = default;

  virtual const std::vector<std::int64_t>& shape() const = 0;
  virtual DataType type() const = 0;
  virtual std::size_t bytes() const = 0;

  /// Returns the elements in host memory, valid as long as the handle. On the CPU this is the
  /// tensor's own storage; elsewhere the first call copies. Returns null if that copy failed.
  virtual const void* host_data() = 0;
};

using TensorHandle = std::shared_ptr<Tensor>;

}  // namespace gsttorch
