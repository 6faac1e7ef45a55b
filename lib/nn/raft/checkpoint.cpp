// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/raft/checkpoint.h"

#include <regex>
#include <utility>
#include <vector>

namespace gsttorch {
namespace {

struct Rule {
  std::regex pattern;
  const char* replacement;
};

// Rules are applied in this order, each at most once. Source: comparison of the two modules
// (princeton-vl/RAFT core/{raft,update,extractor}.py, torchvision models/optical_flow/raft.py).
const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = [] {
    const std::pair<const char*, const char*> texts[] = {
        {R"(^fnet\.)", "feature_encoder."},
        {R"(^cnet\.)", "context_encoder."},
        {R"((_encoder\.)conv1\.)", "$1convnormrelu.0."},
        {R"((_encoder\.)norm1\.)", "$1convnormrelu.1."},
        {R"((_encoder\.)conv2\.)", "$1conv."},
        {R"((_encoder\.layer\d\.\d\.)conv(\d)\.)", "$1convnormrelu$2.0."},
        {R"((_encoder\.layer\d\.\d\.)norm(\d)\.)", "$1convnormrelu$2.1."},
        {R"(^update_block\.encoder\.convc(\d)\.)", "update_block.motion_encoder.convcorr$1.0."},
        {R"(^update_block\.encoder\.convf(\d)\.)", "update_block.motion_encoder.convflow$1.0."},
        {R"(^update_block\.encoder\.conv\.)", "update_block.motion_encoder.conv.0."},
        {R"(^update_block\.gru\.conv([zrq])([12])\.)",
         "update_block.recurrent_block.convgru$2.conv$1."},
        {R"(^update_block\.gru\.conv([zrq])\.)", "update_block.recurrent_block.convgru1.conv$1."},
        {R"(^update_block\.mask\.0\.)", "mask_predictor.convrelu.0."},
        {R"(^update_block\.mask\.2\.)", "mask_predictor.conv."},
    };
    std::vector<Rule> made;
    for (const auto& [pattern, replacement] : texts)
      made.push_back({std::regex(pattern), replacement});
    return made;
  }();
  return all;
}

// Princeton's files contain a block's last norm twice: as downsample.1, and as a norm without a
// convolution of the same number (norm3 of a residual block, norm4 of a bottleneck).
bool is_alias(const std::string& key, const StateDict& state) {
  static const std::regex norm(R"((model\.layer\d\.\d\.)norm(\d)\.\w+$)");
  if (!std::regex_search(key, norm)) return false;
  return !state.contains(std::regex_replace(key, norm, "$1conv$2.weight"));
}

}  // namespace

std::string torchvision_raft_key(const std::string& key) {
  std::string name = key.starts_with("module.") ? key.substr(7) : key;
  for (const Rule& rule : rules()) {
    name = std::regex_replace(name, rule.pattern, rule.replacement,
                              std::regex_constants::format_first_only);
  }
  return name;
}

StateDict with_torchvision_raft_keys(const StateDict& state) {
  StateDict renamed;
  for (const auto& [key, tensor] : state) {
    if (!is_alias(key, state)) renamed[torchvision_raft_key(key)] = tensor;
  }
  return renamed;
}

}  // namespace gsttorch
