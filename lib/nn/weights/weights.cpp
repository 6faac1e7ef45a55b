// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/weights/weights.h"

#include "lib/nn/weights/corrupt.h"
#include "lib/nn/weights/file_mapping.h"
#include "lib/nn/weights/safetensors.h"
#include "lib/nn/weights/torch_file.h"

namespace gsttorch {
namespace {

StateDict read_any(std::shared_ptr<const FileMapping> file, WeightsContent content) {
  const std::string_view bytes = file->bytes();
  MappedTensors tensors(std::move(file), content);
  // First the kind whose mark cannot be mistaken: a safetensors header may begin with any byte.
  if (looks_like_safetensors(bytes)) return read_safetensors(tensors);
  if (torch_container(bytes) != TorchContainer::None) return read_torch_file(tensors);
  fail_corrupt("it is not a safetensors or torch.save file");
}

std::string strip_prefix(std::string_view key) {
  for (const std::string_view prefix : {"module.", "matcher."}) {
    if (key.size() > prefix.size() && key.substr(0, prefix.size()) == prefix) {
      key.remove_prefix(prefix.size());
    }
  }
  return std::string(key);
}

StateDict strip_prefixes(StateDict state) {
  StateDict result;
  for (auto& [key, tensor] : state) {
    if (!result.emplace(strip_prefix(key), std::move(tensor)).second) {
      fail_corrupt("it has key " + printable(key) + " both with and without its prefix");
    }
  }
  return result;
}

}  // namespace

Result<StateDict> read_weights(const std::string& path, KeyPrefix prefix, WeightsContent content) {
  return caught(path, [&]() -> Result<StateDict> {
    auto file = FileMapping::open(path);
    if (!file) return file.error();
    StateDict state = read_any(std::move(*file), content);
    return prefix == KeyPrefix::Strip ? strip_prefixes(std::move(state)) : std::move(state);
  });
}

std::size_t count_parameters(const StateDict& state) {
  std::size_t count = 0;
  for (const auto& [key, tensor] : state) {
    const bool statistic =
        key.find("running_") != std::string::npos || key.ends_with("num_batches_tracked");
    if (!statistic) count += static_cast<std::size_t>(tensor.numel());
  }
  return count;
}

Result<std::map<std::string, std::string>> read_weights_metadata(const std::string& path) {
  using Metadata = std::map<std::string, std::string>;
  return caught(path, [&]() -> Result<Metadata> {
    const auto file = FileMapping::open(path);
    if (!file) return file.error();
    const std::string_view bytes = (*file)->bytes();
    return looks_like_safetensors(bytes) ? safetensors_metadata(bytes) : Metadata();
  });
}

}  // namespace gsttorch
