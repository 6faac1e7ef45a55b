// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace gsttorch {

/// True in a build with AddressSanitizer, which sees the bounds of heap blocks, but none that our
/// own allocators draw inside one: they have to tell it.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kAddressSanitizer = true;
#else
inline constexpr bool kAddressSanitizer = false;
#endif

/// From here on nobody is to touch these bytes, until they are allowed again or freed.
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

/// Whether that was said of any of these bytes, or they are in no block at all; without
/// AddressSanitizer nobody knows, and it is false.
inline bool is_access_forbidden([[maybe_unused]] void* data, [[maybe_unused]] std::size_t bytes) {
#if defined(__SANITIZE_ADDRESS__)
  return __asan_region_is_poisoned(data, bytes) != nullptr;
#else
  return false;
#endif
}

}  // namespace gsttorch
