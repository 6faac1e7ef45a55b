// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cassert>
#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace gsttorch {

/// Kind of failure: elements map it to a GStreamer error domain and code, the command line to an
/// exit code. The message is for people and names the file, shape or device.
enum class ErrorCode {
  NotFound,           ///< weights, engine library, file
  Corrupt,            ///< the file is truncated or has another format than its name says
  WrongArchitecture,  ///< weights of another model
  Refused,            ///< a pickle that would run code
  BadArgument,
  BadShape,
  OutOfMemory,
  DeviceUnavailable,
  LibraryMissing,
  NotWritable,  ///< a file or directory that cannot be created or opened for writing
  WriteFailed,
  DiskFull,
  Cancelled,
  Failed,
};

struct Error {
  ErrorCode code = ErrorCode::Failed;
  std::string message;
};

/// A value or an Error. Callers must check `if (!result)` before they read the value.
template <typename T>
class [[nodiscard]] Result {
 public:
  template <typename U>
  // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-reference-overload): converts
  requires std::convertible_to<U&&, T> Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): converts
  Result(Error error) : state_(std::move(error)) {}

  explicit operator bool() const { return std::holds_alternative<T>(state_); }
  bool ok() const { return static_cast<bool>(*this); }

  T& value() & { return std::get<T>(state_); }
  const T& value() const& { return std::get<T>(state_); }
  T&& value() && { return std::get<T>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const {
    assert(!ok());
    return std::get<Error>(state_);
  }

 private:
  std::variant<T, Error> state_;
};

/// For functions that only succeed or fail.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: converts

  explicit operator bool() const { return !error_.has_value(); }
  bool ok() const { return !error_.has_value(); }
  const Error& error() const {
    assert(error_);
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace gsttorch
