// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>

namespace gsttorch {

/// Of a driver (the newest CUDA that it serves), of a toolkit, or of a GPU's instruction set.
struct CudaVersion {
  int major = 0;
  int minor = 0;

  auto operator<=>(const CudaVersion&) const = default;
  explicit operator bool() const { return major > 0; }
  std::string text() const { return std::to_string(major) + "." + std::to_string(minor); }
};

struct CudaDevice {
  std::string name;
  CudaVersion capability;                 ///< compute capability
  std::size_t total_bytes = 0;            ///< 0: the driver did not say
  std::optional<std::size_t> free_bytes;  ///< known only where NVML is there
};

}  // namespace gsttorch
