// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <utility>

#include <gst/gst.h>

namespace gsttorch {

/// How to take and release a reference to a T.
template <typename T>
struct RefTraits {
  static void take(T* p) { gst_object_ref(p); }
  static void give(T* p) { gst_object_unref(p); }
};
template <typename T>
struct MiniObjectTraits {
  static void take(T* p) { gst_mini_object_ref(GST_MINI_OBJECT_CAST(p)); }
  static void give(T* p) { gst_mini_object_unref(GST_MINI_OBJECT_CAST(p)); }
};
template <>
struct RefTraits<GstBuffer> : MiniObjectTraits<GstBuffer> {};
template <>
struct RefTraits<GstCaps> : MiniObjectTraits<GstCaps> {};
template <>
struct RefTraits<GstContext> : MiniObjectTraits<GstContext> {};
template <>
struct RefTraits<GstEvent> : MiniObjectTraits<GstEvent> {};
template <>
struct RefTraits<GstMemory> : MiniObjectTraits<GstMemory> {};
template <>
struct RefTraits<GstMessage> : MiniObjectTraits<GstMessage> {};
template <>
struct RefTraits<GstQuery> : MiniObjectTraits<GstQuery> {};
template <>
struct RefTraits<GstSample> : MiniObjectTraits<GstSample> {};

/// Owns one reference to a GStreamer object or mini object.
template <typename T>
class Ref {
 public:
  Ref() = default;
  static Ref adopt(T* p) { return Ref(p); }  ///< transfer full
  static Ref share(T* p) {                   ///< transfer none: takes a reference
    if (p) RefTraits<T>::take(p);
    return Ref(p);
  }

  Ref(const Ref& other) : Ref(share(other.p_)) {}
  Ref(Ref&& other) noexcept : p_(other.release()) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(p_, other.p_);
    return *this;
  }
  ~Ref() {
    if (p_) RefTraits<T>::give(p_);
  }

  T* get() const { return p_; }
  [[nodiscard]] T* release() { return std::exchange(p_, nullptr); }
  explicit operator bool() const { return p_ != nullptr; }

 private:
  explicit Ref(T* p) : p_(p) {}
  T* p_ = nullptr;
};

}  // namespace gsttorch
