// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// LoFTR checkpoints whose tensors do not fit together.
#include <fstream>
#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/nn/loftr/match_model.h"
#include "tests/support/paths.h"
#include "tests/support/temp_directory.h"
#include "tests/support/weights_file.h"

namespace gsttorch {
namespace {

using ::testing::HasSubstr;

/// Loads a narrow LoFTR after passing each line of its list of shapes through `change`; empty lines
/// are dropped.
Result<std::unique_ptr<MatchModel>> load_changed(
    const std::function<std::string(const std::string&)>& change) {
  const TempDirectory directory;
  std::ifstream in(source_file("tests/nn/goldens/loftr_narrow.shapes"));
  std::ofstream out(directory.path("changed.shapes"));
  for (std::string line; std::getline(in, line);) {
    const std::string changed = change(line);
    if (!changed.empty()) out << changed << '\n';
  }
  out.close();
  const std::string path = directory.path("changed.safetensors");
  formula::write_weights(
      path, directory.path("changed.shapes"), [](const auto&, std::size_t) { return 0.f; },
      R"({"heads":"4","position_encoding":"fixed"})");
  return create_match_model({path, "cpu", {}});
}

/// Changes the shape of one key.
Result<std::unique_ptr<MatchModel>> load_with(const std::string& key, const std::string& shape) {
  return load_changed([&](const std::string& line) {
    return line.starts_with(key + ' ') ? key + ' ' + shape : line;
  });
}

TEST(LoftrWeights, of_zeros_load_where_their_shapes_fit) {
  EXPECT_TRUE(load_changed([](const std::string& line) { return line; }));
}

struct Misfit {
  const char* key;
  const char* shape;
};

class LoftrMisfit : public ::testing::TestWithParam<Misfit> {};

TEST_P(LoftrMisfit, is_an_error_that_names_the_key_and_the_file) {
  const auto [key, shape] = GetParam();
  const auto model = load_with(key, shape);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code, ErrorCode::WrongArchitecture) << model.error().message;
  EXPECT_THAT(model.error().message, HasSubstr(key));
  EXPECT_THAT(model.error().message, HasSubstr("changed.safetensors"));
  EXPECT_EQ(model.error().message.find('\n'), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, LoftrMisfit,
                         ::testing::Values(Misfit{"backbone.conv1.weight", "32 3 7 7"},
                                           Misfit{"backbone.conv1.weight", "32 7 7"},
                                           Misfit{"backbone.bn1.running_var", "31"},
                                           Misfit{"backbone.layer1.0.conv2.weight", "32 31 3 3"},
                                           Misfit{"backbone.layer2.0.downsample.0.weight",
                                                  "39 32 1 1"},
                                           Misfit{"backbone.layer3.1.bn2.bias", "65"},
                                           Misfit{"backbone.layer3_outconv.weight", "64 40 1 1"},
                                           Misfit{"backbone.layer2_outconv2.3.weight", "41 64 3 3"},
                                           Misfit{"backbone.layer1_outconv.weight", "32 32 1 1"},
                                           Misfit{"loftr_coarse.layers.0.k_proj.weight", "64 63"},
                                           Misfit{"loftr_coarse.layers.1.merge.weight", "32 64"},
                                           Misfit{"loftr_coarse.layers.1.mlp.0.weight", "128 64"},
                                           Misfit{"loftr_coarse.layers.0.mlp.2.weight", "64 127"},
                                           Misfit{"loftr_coarse.layers.0.norm2.weight", "63"},
                                           Misfit{"fine_preprocess.down_proj.weight", "32 63"},
                                           Misfit{"fine_preprocess.down_proj.bias", "31"},
                                           Misfit{"fine_preprocess.merge_feat.weight", "32 65"},
                                           Misfit{"loftr_fine.layers.0.v_proj.weight", "64 64"},
                                           Misfit{"loftr_fine.layers.1.norm1.bias", "1"}),
                         [](const auto& info) { return "number_" + std::to_string(info.index); });

TEST(LoftrWeights, without_a_tensor_are_an_error_that_names_it) {
  for (const std::string key :
       {"backbone.layer2_outconv2.1.running_mean", "loftr_coarse.layers.1.norm1.bias",
        "fine_preprocess.merge_feat.bias", "loftr_fine.layers.0.mlp.2.weight"}) {
    const auto model = load_changed(
        [&](const std::string& line) { return line.starts_with(key + ' ') ? "" : line; });
    ASSERT_FALSE(model) << key;
    EXPECT_THAT(model.error().message, HasSubstr(key));
  }
}

}  // namespace
}  // namespace gsttorch
