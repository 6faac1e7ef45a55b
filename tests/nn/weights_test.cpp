// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/weights/weights.h"

#include <cstring>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>

#include "lib/models/manifest.h"
#include "tests/nn/weights_files.h"
#include "tests/support/paths.h"

namespace gsttorch {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;
using testing::little;
using ::testing::UnorderedElementsAre;
using testing::WeightsDirectory;

StateDict read(const std::string& path, KeyPrefix prefix = KeyPrefix::Strip) {
  auto state = read_weights(path, prefix);
  EXPECT_TRUE(state) << state.error().message;
  return state ? std::move(state).value() : StateDict{};
}

StateDict golden(const std::string& name, KeyPrefix prefix = KeyPrefix::Strip) {
  return read(source_file("tests/nn/goldens/" + name), prefix);
}

/// 0, 0.5, 1 and so on, as in make_weights_goldens.py.
at::Tensor ramp(at::IntArrayRef shape, at::ScalarType type = at::kFloat) {
  return (at::arange(c10::multiply_integers(shape), at::kFloat) * 0.5).reshape(shape).to(type);
}

void expect_same(const StateDict& state, const std::string& key, const at::Tensor& wanted) {
  const auto found = state.find(key);
  ASSERT_NE(found, state.end()) << key;
  EXPECT_EQ(found->second.scalar_type(), wanted.scalar_type()) << key;
  EXPECT_EQ(found->second.sizes(), wanted.sizes()) << key;
  EXPECT_TRUE(at::equal(found->second, wanted)) << key << ": " << found->second;
}

void expect_contiguous_entries(const StateDict& state) {
  expect_same(state, "float", ramp({2, 3}));
  expect_same(state, "half", ramp({4}, at::kHalf));
  expect_same(state, "bfloat16", ramp({4}, at::kBFloat16));
  expect_same(state, "double", ramp({3}, at::kDouble));
  expect_same(state, "int64", at::tensor({-(std::int64_t{1} << 40), std::int64_t{7}}));
  expect_same(state, "uint8", at::tensor({0, 255, 3}).to(at::kByte));
  expect_same(state, "bool", at::tensor({1, 0, 1}).to(at::kBool));
  expect_same(state, "empty", at::empty({0, 4}));
}

void expect_all_entries(const StateDict& state) {
  EXPECT_EQ(state.size(), 17u);
  expect_contiguous_entries(state);
  expect_same(state, "transposed", ramp({2, 3}).t());
  expect_same(state, "shared_head", ramp({12}).slice(0, 0, 4));
  expect_same(state, "shared_tail", ramp({12}).slice(0, 8, 12));
  expect_same(state, "parameter", ramp({5}));
  expect_same(state, "running_var", at::ones({3}));
  expect_same(state, "num_batches_tracked", at::scalar_tensor(0, at::kLong));
}

TEST(Weights, reads_every_type_and_stride_from_the_zip_container) {
  expect_all_entries(golden("weights_zip.pth"));
}

TEST(Weights, reads_a_zip_whose_pickle_is_of_protocol_4) {
  expect_all_entries(golden("weights_zip_protocol4.pth"));
}

TEST(Weights, reads_every_type_and_stride_from_the_legacy_container) {
  expect_all_entries(golden("weights_legacy.pth"));
}

TEST(Weights, reads_safetensors) {
  const StateDict state = golden("weights.safetensors");
  EXPECT_EQ(state.size(), 8u);
  expect_contiguous_entries(state);
}

TEST(Weights, keeps_the_strides_of_a_transposed_tensor) {
  EXPECT_THAT(golden("weights_zip.pth").at("transposed").strides().vec(), ElementsAre(1, 3));
}

TEST(Weights, makes_views_of_one_storage_from_tensors_that_share_one) {
  const StateDict state = golden("weights_zip.pth");
  const auto* head = state.at("shared_head").const_data_ptr<float>();
  EXPECT_EQ(state.at("shared_tail").const_data_ptr<float>(), head + 8);
}

TEST(Weights, finds_the_state_dict_at_the_top_or_under_its_usual_names) {
  for (const char* name : {"weights_plain_dict.pt", "weights_prefixed.ckpt",
                           "weights_model_state_dict.pt", "weights_model.pt"}) {
    SCOPED_TRACE(name);
    const StateDict state = golden(name);
    EXPECT_THAT(state, ElementsAre(Key("float")));
    expect_same(state, "float", ramp({2, 3}));
  }
}

TEST(Weights, keeps_prefixes_where_that_is_asked_for) {
  EXPECT_THAT(golden("weights_prefixed.ckpt", KeyPrefix::Keep), ElementsAre(Key("matcher.float")));
}

TEST(Weights, takes_each_prefix_off_once) {
  const WeightsDirectory directory;
  const std::string header =
      R"({"module.module.a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
      R"("module.matcher.b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},)"
      R"("c.module.d":{"dtype":"U8","shape":[],"data_offsets":[2,3]}})";
  const StateDict state = read(directory.write(testing::safetensors(header, "abc")));
  EXPECT_THAT(state, UnorderedElementsAre(Key("module.a"), Key("b"), Key("c.module.d")));
}

TEST(Weights, tells_the_kind_by_content_and_not_by_name) {
  const WeightsDirectory directory;
  const std::string bytes = read_text(source_file("tests/nn/goldens/weights.safetensors"));
  expect_contiguous_entries(read(directory.write(bytes, "model.pth")));
}

TEST(Weights, copies_safetensors_that_are_not_aligned) {
  const WeightsDirectory directory;
  std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  while ((header.size() + 8) % 4 != 1) header += ' ';
  const std::string data = little(1.5f) + little(-2.0f);
  const StateDict state = read(directory.write(testing::safetensors(header, data)));
  expect_same(state, "a", at::tensor({1.5f, -2.0f}));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(state.at("a").const_data_ptr()) % 4, 0u);
}

TEST(Weights, loads_storages_saved_on_a_cuda_device) {
  const WeightsDirectory directory;
  namespace p = testing::pickle;
  const std::string storage = p::tuple(p::text("storage") + p::global("torch", "FloatStorage") +
                                       p::text("0") + p::text("cuda:3") + p::number(2)) +
                              "Q";
  const std::string object =
      p::dict(p::text("a") + p::tensor(storage, p::number(0), p::number(2), p::number(1)));
  const StateDict state =
      read(directory.write(testing::torch_zip(object, {{"0", little(1.0f) + little(2.0f)}})));
  expect_same(state, "a", at::tensor({1.0f, 2.0f}));
  EXPECT_TRUE(state.at("a").is_cpu());
}

TEST(Weights, keep_their_file_mapped_after_it_is_deleted_and_the_dict_is_gone) {
  at::Tensor survivor;
  {
    const WeightsDirectory directory;
    const std::string bytes = read_text(source_file("tests/nn/goldens/weights_zip.pth"));
    survivor = read(directory.write(bytes)).at("float").slice(0, 1, 2);
  }
  EXPECT_TRUE(at::equal(survivor, ramp({2, 3}).slice(0, 1, 2)));
}

std::int64_t count_values(const StateDict& state) {
  std::int64_t count = 0;
  for (const auto& [key, tensor] : state) count += tensor.numel();
  return count;
}

TEST(RealWeights, raft_small_has_its_990162_parameters) {
  const std::string path = shared_data("weights/raft-small.pth");
  SKIP_WITHOUT(path);
  const StateDict state = read(path);
  EXPECT_EQ(state.size(), 106u);
  EXPECT_EQ(count_values(state), 990162);
  EXPECT_THAT(state.at("fnet.conv1.weight").sizes().vec(), ElementsAre(32, 3, 7, 7));
  EXPECT_THAT(state.at("update_block.gru.convz.weight").sizes().vec(), ElementsAre(96, 242, 3, 3));
  for (const auto& [key, tensor] : state) EXPECT_TRUE(at::isfinite(tensor).all().item<bool>());
}

TEST(RealWeights, the_loftr_student_is_found_beside_its_optimizer) {
  const std::string path = shared_data("weights/LoFTR_teacher.pt");
  SKIP_WITHOUT(path);
  const StateDict state = read(path);
  EXPECT_EQ(state.size(), 177u);
  EXPECT_EQ(count_values(state), 159870);
  EXPECT_THAT(state.at("backbone.conv1.weight").sizes().vec(), ElementsAre(8, 1, 7, 7));
}

TEST(RealWeights, resnet18_safetensors_have_torchvisions_names) {
  const std::string path = shared_data("weights/resnet18-layer3.safetensors");
  SKIP_WITHOUT(path);
  const StateDict state = read(path);
  EXPECT_THAT(state.at("conv1.weight").sizes().vec(), ElementsAre(64, 3, 7, 7));
  EXPECT_THAT(state.at("layer3.1.conv2.weight").sizes().vec(), ElementsAre(256, 256, 3, 3));
}

/// Expects a fetched model to have these numbers of tensors and values, and the sum of values that
/// torch reads from the same file.
void expect_fetched(const char* name, std::size_t tensors, std::int64_t values, double sum) {
  const auto path = resolve_weights(name);
  if (!path) GTEST_SKIP() << path.error().message;
  const StateDict state = read(*path);
  EXPECT_EQ(state.size(), tensors);
  EXPECT_EQ(count_values(state), values);
  double total = 0;
  for (const auto& [key, tensor] : state) total += tensor.sum(at::kDouble).item<double>();
  EXPECT_NEAR(total, sum, 1e-6);
}

TEST(RealWeights, raft_sintel_reads_as_torch_reads_it) {
  expect_fetched("raft-sintel", 179, 5261329, -14719.59497682138);
}

TEST(RealWeights, raft_kitti_reads_as_torch_reads_it) {
  expect_fetched("raft-kitti", 179, 5261329, -15473.412155962085);
}

TEST(RealWeights, transnetv2_reads_as_torch_reads_it) {
  expect_fetched("transnetv2", 90, 7618056, -332.2318377238339);
}

}  // namespace
}  // namespace gsttorch
