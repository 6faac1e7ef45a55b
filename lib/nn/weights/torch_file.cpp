// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/weights/torch_file.h"

#include <cstring>
#include <map>
#include <string>

#include <ATen/ATen.h>

#include "lib/nn/weights/corrupt.h"
#include "lib/nn/weights/pickle.h"
#include "lib/nn/weights/zip_index.h"

namespace gsttorch {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kZipMagic = "PK\x03\x04"sv;
// What follows the protocol number of the first pickle: LONG1, ten bytes, STOP.
constexpr std::string_view kLegacyMagic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."sv;
constexpr std::int64_t kLegacyVersion = 1001;
constexpr std::size_t kMaxTensors = 100'000;

/// Where the bytes of each storage are, by the storage's key.
using Storages = std::map<std::string_view, std::string_view>;

/// Makes the tensors of a state dict; every storage becomes one tensor, which its users share.
class TensorMaker {
 public:
  TensorMaker(MappedTensors& tensors, const Storages& storages)
      : tensors_(tensors), storages_(storages) {}

  at::Tensor make(const PickleTensor& tensor) {
    return storage(tensor.storage).as_strided(tensor.sizes, tensor.strides, tensor.offset);
  }

 private:
  const at::Tensor& storage(const PickleStorage& wanted) {
    const auto known = made_.find(wanted.key);
    if (known != made_.end()) {
      if (known->second.scalar_type() != wanted.type || known->second.numel() != wanted.elements) {
        fail_corrupt("storage " + printable(wanted.key) + " has two different descriptions");
      }
      return known->second;
    }
    return made_.emplace(wanted.key, tensors_.run(data(wanted), wanted.type)).first->second;
  }

  std::string_view data(const PickleStorage& wanted) const {
    const auto found = storages_.find(wanted.key);
    if (found == storages_.end()) fail_corrupt("it has no storage " + printable(wanted.key));
    std::size_t size = 0;
    if (__builtin_mul_overflow(static_cast<std::size_t>(wanted.elements),
                               c10::elementSize(wanted.type), &size) ||
        size > found->second.size()) {
      fail_corrupt("storage " + printable(wanted.key) + " is truncated");
    }
    return found->second.substr(0, size);
  }

  MappedTensors& tensors_;
  const Storages& storages_;
  std::map<std::string_view, at::Tensor> made_;
};

const PickleDict& find_state_dict(const PickleValue& root) {
  const auto* top = root.as<PickleDict>();
  if (!top) fail_corrupt("it contains another object instead of a state dict");
  for (const std::string_view name : {"state_dict"sv, "model_state_dict"sv, "model"sv}) {
    PickleRef inner = top->find(name);
    if (inner && inner->as<PickleDict>()) return *inner->as<PickleDict>();
  }
  return *top;
}

/// Entries that are no tensors (an epoch, a loss) are left out.
StateDict make_state_dict(const PickleDict& dict, TensorMaker& maker) {
  StateDict state;
  if (dict.items.size() > kMaxTensors) fail_corrupt("the state dict has too many entries");
  for (const auto& [key, value] : dict.items) {
    const auto* name = key->as<std::string_view>();
    const auto* tensor = value->as<PickleTensor>();
    if (name && tensor) state.insert_or_assign(std::string(*name), maker.make(*tensor));
  }
  if (state.empty()) {
    fail_corrupt(
        "it contains no state dict at the top level or under state_dict, model_state_dict or "
        "model");
  }
  return state;
}

StateDict read_zip(MappedTensors& tensors) {
  const ZipIndex archive(tensors.bytes());
  if (archive.records().empty()) fail_corrupt("the archive is empty");
  // Every record lies in one directory, whose name is the writer's choice.
  const std::string_view any = archive.records().begin()->first;
  const std::string directory(any.substr(0, any.find('/') + 1));
  const auto order = archive.records().find(directory + "byteorder");
  if (order != archive.records().end() && order->second != "little") {
    fail_corrupt("it was written on a big-endian machine");
  }

  const std::string prefix = directory + "data/";
  Storages storages;
  for (auto it = archive.records().lower_bound(prefix);
       it != archive.records().end() && it->first.substr(0, prefix.size()) == prefix; ++it) {
    storages.emplace(it->first.substr(prefix.size()), it->second);
  }
  const Pickle pickle(archive.record(directory + "data.pkl"));
  TensorMaker maker(tensors, storages);
  return make_state_dict(find_state_dict(pickle.root()), maker);
}

/// Storage key -> its type, for all tensors a pickle holds.
std::map<std::string_view, c10::ScalarType> storage_types(const Pickle& pickle) {
  std::map<std::string_view, c10::ScalarType> types;
  for (const PickleValue& value : pickle.values()) {
    const auto* storage = value.as<PickleStorage>();
    if (!storage) continue;
    if (types.emplace(storage->key, storage->type).first->second != storage->type) {
      fail_corrupt("storage " + printable(storage->key) + " has two different descriptions");
    }
  }
  return types;
}

/// What follows the pickles: for each key of a list the number of elements, then the elements.
Storages read_legacy_storages(std::string_view bytes, const Pickle& object, const Pickle& keys) {
  const auto types = storage_types(object);
  const auto* list = keys.root().as<PickleList>();
  if (!list) fail_corrupt("it has no list of storages");
  Storages storages;
  for (PickleRef item : list->items) {
    const auto* key = item->as<std::string_view>();
    const auto type = key ? types.find(*key) : types.end();
    if (type == types.end()) fail_corrupt("it lists a storage that no tensor uses");
    std::uint64_t elements = 0;
    std::uint64_t size = 0;
    if (bytes.size() < sizeof elements) fail_corrupt("its storages are truncated");
    std::memcpy(&elements, bytes.data(), sizeof elements);
    bytes.remove_prefix(sizeof elements);
    if (__builtin_mul_overflow(elements, c10::elementSize(type->second), &size) ||
        size > bytes.size()) {
      fail_corrupt("its storages are truncated");
    }
    if (!storages.emplace(*key, bytes.substr(0, size)).second)
      fail_corrupt("it contains a storage twice");
    bytes.remove_prefix(size);
  }
  return storages;
}

void check_system(const Pickle& system) {
  const auto* facts = system.root().as<PickleDict>();
  if (!facts) fail_corrupt("it has no description of the machine that wrote it");
  PickleRef little = facts->find("little_endian");
  if (little && little->as<bool>() && !*little->as<bool>()) {
    fail_corrupt("it was written on a big-endian machine");
  }
}

StateDict read_legacy(MappedTensors& tensors) {
  std::string_view bytes = tensors.bytes();
  bytes.remove_prefix(2 + kLegacyMagic.size());
  const Pickle version(bytes);
  const auto* number = version.root().as<std::int64_t>();
  if (!number || *number != kLegacyVersion) fail_corrupt("it has an unknown container version");
  bytes.remove_prefix(version.size());
  const Pickle system(bytes);
  check_system(system);
  bytes.remove_prefix(system.size());
  const Pickle object(bytes);
  bytes.remove_prefix(object.size());
  const Pickle keys(bytes);
  bytes.remove_prefix(keys.size());

  const Storages storages = read_legacy_storages(bytes, object, keys);
  TensorMaker maker(tensors, storages);
  return make_state_dict(find_state_dict(object.root()), maker);
}

/// For the sake of its error: a pickle that asks for code should be called that.
[[noreturn]] void refuse_pickle(std::string_view bytes) {
  const Pickle pickle(bytes);
  fail_corrupt("it is a pickle that torch.save did not write");
}

}  // namespace

TorchContainer torch_container(std::string_view bytes) {
  if (bytes.substr(0, kZipMagic.size()) == kZipMagic) return TorchContainer::Zip;
  if (bytes.empty()) return TorchContainer::None;
  if (bytes.front() == 'c') return TorchContainer::Pickle;  // a GLOBAL, with no protocol before it
  if (bytes.front() != '\x80') return TorchContainer::None;
  const bool legacy = bytes.size() > 2 && bytes.substr(2, kLegacyMagic.size()) == kLegacyMagic;
  return legacy ? TorchContainer::Legacy : TorchContainer::Pickle;
}

StateDict read_torch_file(MappedTensors& tensors) {
  switch (torch_container(tensors.bytes())) {
    case TorchContainer::Zip:
      return read_zip(tensors);
    case TorchContainer::Legacy:
      return read_legacy(tensors);
    case TorchContainer::Pickle:
      refuse_pickle(tensors.bytes());
    case TorchContainer::None:
      break;
  }
  fail_corrupt("it is not a torch.save file");
}

}  // namespace gsttorch
