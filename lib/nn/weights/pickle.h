// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <c10/core/ScalarType.h>

namespace gsttorch {

struct PickleValue;
using PickleRef = PickleValue*;

struct PickleNone {};
struct PickleTuple {
  std::vector<PickleRef> items;
};
struct PickleList {
  std::vector<PickleRef> items;
};
/// A dict or an OrderedDict, in the order in which it was filled.
struct PickleDict {
  std::vector<std::pair<PickleRef, PickleRef>> items;

  /// The value under a string, or null.
  PickleRef find(std::string_view key) const;
};

/// What a pickle may call. There is nothing else to call: each is a few lines in pickle.cpp.
enum class PickleFunction { OrderedDict, RebuildTensor, RebuildParameter };

/// The class of a storage, e.g. torch.FloatStorage.
struct PickleStorageType {
  c10::ScalarType type;
};

struct PickleStorage {
  c10::ScalarType type;
  std::string_view key;  ///< names the bytes elsewhere in the file
  std::int64_t elements = 0;
};

/// A strided view of a storage, all in elements, checked to lie inside it.
struct PickleTensor {
  PickleStorage storage;
  std::int64_t offset = 0;
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;
};

struct PickleValue {
  std::variant<PickleNone, bool, std::int64_t, double, std::string_view, PickleTuple, PickleList,
               PickleDict, PickleFunction, PickleStorageType, PickleStorage, PickleTensor>
      data;

  template <typename T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
};

/// What a pickle of plain values and tensors holds. The reader is a small machine without the
/// power to run anything: it knows the opcodes that torch.save writes, and of all Python's names
/// only those of tensors, their storages and OrderedDict. Another name throws a Failure with
/// ErrorCode::Refused that says which; anything malformed, one with ErrorCode::Corrupt.
///
/// Work and memory are bounded by the length of the input and by the limits in pickle.cpp. Values
/// live in one arena: a container that holds itself, or is nested without end, is harmless as long
/// as nobody walks it recursively. Strings are views of the input, which has to outlive this.
class Pickle {
 public:
  /// Reads one pickle from the beginning of `bytes`.
  explicit Pickle(std::string_view bytes);
  Pickle(const Pickle&) = delete;  // the values point at each other
  Pickle& operator=(const Pickle&) = delete;

  const PickleValue& root() const { return *root_; }
  const std::deque<PickleValue>& values() const { return arena_; }  ///< all of them, in no order
  std::size_t size() const { return size_; }  ///< bytes from the beginning to the end of the pickle

 private:
  friend class Unpickler;
  std::deque<PickleValue> arena_;
  PickleRef root_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace gsttorch
