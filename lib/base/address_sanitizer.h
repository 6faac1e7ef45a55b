// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace gsttorch {

/// True in a build with AddressSanitizer. It knows the bounds of heap blocks, but not of the blocks
/// that our own allocators carve out of them; the allocators have to declare those.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

/// Forbids access to these bytes until `allow_access` is called or the block is freed.
inline void forbid_access([[maybe_unused]] const void* data, [[maybe_unused]] std::size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __asan_poison_memory_region(data, bytes);
#endif
}

inline void allow_access([[maybe_unused]] const void* data, [[maybe_unused]] std::size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  __asan_unpoison_memory_region(data, bytes);
#endif
}

/// Returns true if access to any of these bytes is forbidden or any of them lies outside every
/// block. Always false without AddressSanitizer, which alone knows.
inline bool is_access_forbidden([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  return __asan_region_is_poisoned(data, bytes) != nullptr;
#else
  return false;
#endif
}

}  // namespace gsttorch
