// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/config.h"

#include <charconv>

#include "lib/nn/base/failure.h"

namespace gsttorch {
namespace {

constexpr double kStudentEpsilon = 1e-7;  // Coarse_LoFTR_TRT's layer norms

int count_layers(const StateDict& state, const std::string& transformer) {
  int count = 0;
  while (state.contains(transformer + ".layers." + std::to_string(count) + ".q_proj.weight")) {
    count++;
  }
  if (count % 2) {
    throw Failure(
        ErrorCode::WrongArchitecture,
        transformer + " has " + std::to_string(count) +
            " layers, but self- and cross-attention alternate, so the number must be even");
  }
  return count;
}

int heads_from(const LoftrProperties& properties, int otherwise) {
  const auto found = properties.find("heads");
  if (found == properties.end()) return otherwise;
  const std::string& text = found->second;
  int heads = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), heads);
  if (error != std::errc() || end != text.data() + text.size() || heads < 1 || heads > 1024) {
    throw Failure(ErrorCode::WrongArchitecture,
                  "heads is \"" + text + "\", but it must be a number");
  }
  return heads;
}

bool is_fixed(const LoftrProperties& properties) {
  const auto found = properties.find("position_encoding");
  if (found == properties.end() || found->second == "original") return false;
  if (found->second == "fixed") return true;
  throw Failure(ErrorCode::WrongArchitecture, "position_encoding is \"" + found->second +
                                                  "\", but it must be \"original\" or \"fixed\"");
}

}  // namespace

LoftrConfig loftr_config(const StateDict& state, const LoftrProperties& properties) {
  LoftrConfig config;
  const bool is_student = state.contains("backbone.layer4.0.conv1.weight");
  config.stages = is_student ? 4 : 3;
  config.coarse_layers = count_layers(state, "loftr_coarse");
  if (config.coarse_layers == 0) {
    throw Failure(
        ErrorCode::WrongArchitecture,
        "the file has no tensor loftr_coarse.layers.0.q_proj.weight: it may contain another model");
  }
  config.fine_layers = count_layers(state, "loftr_fine");
  config.heads = heads_from(properties, is_student ? 1 : 8);
  config.norm_epsilon = is_student ? kStudentEpsilon : config.norm_epsilon;
  config.fixed_encoding = is_fixed(properties);
  return config;
}

}  // namespace gsttorch
