// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/weights/pickle_objects.h"

#include <optional>
#include <unordered_map>
#include <utility>

namespace gsttorch {
namespace {

constexpr std::size_t kMaxDims = 32;

std::optional<c10::ScalarType> storage_type(std::string_view name) {
  static const std::unordered_map<std::string_view, c10::ScalarType> kTypes = {
      {"DoubleStorage", c10::kDouble}, {"FloatStorage", c10::kFloat},
      {"HalfStorage", c10::kHalf},     {"BFloat16Storage", c10::kBFloat16},
      {"LongStorage", c10::kLong},     {"IntStorage", c10::kInt},
      {"ShortStorage", c10::kShort},   {"CharStorage", c10::kChar},
      {"ByteStorage", c10::kByte},     {"BoolStorage", c10::kBool},
  };
  const auto found = kTypes.find(name);
  if (found == kTypes.end()) return std::nullopt;
  return found->second;
}

[[noreturn]] void refuse(std::string_view module, std::string_view name) {
  throw Failure(ErrorCode::Refused, "refused: the pickle asks for " + printable(module) + "." +
                                        printable(name) + ", which is not needed to load tensors");
}

std::vector<std::int64_t> dimensions(PickleRef value) {
  const auto& items = expect<PickleTuple>(value, "a tuple of sizes").items;
  if (items.size() > kMaxDims) fail_corrupt("a tensor has too many dimensions");
  std::vector<std::int64_t> result;
  result.reserve(items.size());
  for (PickleRef item : items) result.push_back(expect<std::int64_t>(item, "a size"));
  return result;
}

/// Both the elements a tensor has and the last one it touches have to lie inside the storage: a
/// stride of zero would otherwise make a few bytes stand for any amount of memory.
bool lies_inside(const PickleTensor& tensor) {
  const std::int64_t available = tensor.storage.elements;
  if (tensor.sizes.size() != tensor.strides.size()) return false;
  if (tensor.offset < 0 || tensor.offset > available) return false;
  std::int64_t count = 1;
  std::int64_t last = tensor.offset;
  for (std::size_t i = 0; i < tensor.sizes.size(); i++) {
    const std::int64_t size = tensor.sizes[i];
    const std::int64_t stride = tensor.strides[i];
    if (size < 0 || stride < 0 || __builtin_mul_overflow(count, size, &count)) return false;
    std::int64_t reach = 0;
    if (size > 0 && (__builtin_mul_overflow(size - 1, stride, &reach) ||
                     __builtin_add_overflow(last, reach, &last))) {
      return false;
    }
  }
  return count == 0 || (last < available && count <= available);
}

}  // namespace

PickleValue global_value(std::string_view module, std::string_view name) {
  if (module == "collections" && name == "OrderedDict") return {PickleFunction::OrderedDict};
  if (module == "torch._utils" && name == "_rebuild_tensor_v2") {
    return {PickleFunction::RebuildTensor};
  }
  if (module == "torch._utils" && name == "_rebuild_parameter") {
    return {PickleFunction::RebuildParameter};
  }
  if (module == "torch") {
    if (const auto type = storage_type(name)) return {PickleStorageType{*type}};
  }
  refuse(module, name);
}

PickleValue rebuild_tensor(const std::vector<PickleRef>& arguments) {
  // storage, offset, size, stride, requires_grad, hooks; then metadata in newer files
  if (arguments.size() < 4) fail_corrupt("malformed pickle: a tensor has too few arguments");
  PickleTensor tensor;
  tensor.storage = expect<PickleStorage>(arguments[0], "a storage");
  tensor.offset = expect<std::int64_t>(arguments[1], "an offset");
  tensor.sizes = dimensions(arguments[2]);
  tensor.strides = dimensions(arguments[3]);
  if (!lies_inside(tensor)) fail_corrupt("a tensor exceeds its storage");
  return {std::move(tensor)};
}

PickleValue storage_value(PickleRef id) {
  const auto& items = expect<PickleTuple>(id, "a storage id").items;
  if (items.size() < 5 || expect<std::string_view>(items[0], "a string") != "storage") {
    fail_corrupt("malformed pickle: not a storage id");
  }
  // The older container could give a storage as a window of another one; no writer does any more.
  if (items.size() > 5 && !items[5]->as<PickleNone>())
    fail_corrupt("a storage is a view of another one");
  PickleStorage storage;
  storage.type = expect<PickleStorageType>(items[1], "a storage type").type;
  storage.key = expect<std::string_view>(items[2], "a storage key");
  storage.elements = expect<std::int64_t>(items[4], "a storage size");
  if (storage.elements < 0) fail_corrupt("a storage has a negative size");
  return {storage};
}

}  // namespace gsttorch
