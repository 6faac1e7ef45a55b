// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>

#include "lib/base/result.h"
#include "lib/device/cuda_driver.h"

namespace gsttorch {

/// The one context of a device that LibTorch and every user of the CUDA runtime share. Who works in
/// it sees their memory; a second one costs hundreds of megabytes and sees nothing. Thread-safe.
class PrimaryContext {
 public:
  /// Retained by the first call for a device, for the life of the process, as LibTorch does. The
  /// driver starts the device when nobody did before.
  static Result<PrimaryContext> of(int device);

  void* handle() const { return context_; }  ///< a CUcontext

  /// Host memory that every device copies from and to without a detour. Not to be had in small
  /// pieces or often: the call may wait for all that runs on the devices.
  Result<void*> allocate_pinned(std::size_t bytes) const;
  Result<void> free_pinned(void* memory) const;

  /// The calling thread's context while this object lives; then what was before is so again.
  class Current {
   public:
    explicit Current(const PrimaryContext& context);
    ~Current();
    Current(const Current&) = delete;
    Current& operator=(const Current&) = delete;

    const Result<void>& status() const { return status_; }

   private:
    const CudaDriver& driver_;
    Result<void> status_;
  };

 private:
  PrimaryContext(const CudaDriver& driver, void* context) : driver_(driver), context_(context) {}

  CudaDriver driver_;
  void* context_;
};

}  // namespace gsttorch
