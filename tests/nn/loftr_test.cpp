// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/loftr.h"

#include <cmath>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/base/failure.h"
#include "lib/nn/loftr/position_encoding.h"
#include "tests/nn/formula.h"
#include "tests/nn/loftr_formula.h"
#include "tests/support/paths.h"

namespace gsttorch {
namespace {

constexpr int kShiftX = 16, kShiftY = 16;

struct Case {
  const char* name;
  std::array<std::int64_t, 2> first, second;  // height, width
  LoftrProperties properties;
};

const Case kCases[] = {
    {"full", {192, 256}, {192, 256}, {}},
    {"narrow", {192, 256}, {160, 320}, {{"heads", "4"}, {"position_encoding", "fixed"}}},
    {"student", {384, 512}, {384, 512}, {}},
};

StateDict formula_state(const std::string& name) {
  return formula::loftr_state(source_file("tests/nn/goldens/loftr_" + name + ".shapes"));
}

Loftr make_loftr(const StateDict& state, const LoftrProperties& properties,
                 c10::Device device = c10::kCPU) {
  return Loftr(ModuleWeights(state, device), loftr_config(state, properties));
}

at::Tensor thin(const at::Tensor& x, std::int64_t step) {
  return x.contiguous().flatten().slice(0, 0, std::nullopt, step);
}

// Matches as kornia returns them: [M, 5], x0, y0, x1, y1, confidence.
at::Tensor as_rows(const Loftr& net, const Loftr::Matches& found, std::int64_t width0,
                   std::int64_t width1) {
  at::Tensor rows = at::empty({static_cast<std::int64_t>(found.coarse.size()), 5}, at::kFloat);
  float* p = rows.data_ptr<float>();
  const float* offset = found.offsets.const_data_ptr<float>();
  const std::int64_t columns0 = width0 / net.stride(), columns1 = width1 / net.stride();
  for (const CoarseMatch& m : found.coarse) {
    *p++ = static_cast<float>(m.first % columns0 * net.stride());
    *p++ = static_cast<float>(m.first / columns0 * net.stride());
    *p++ = static_cast<float>(m.second % columns1 * net.stride()) + *offset++;
    *p++ = static_cast<float>(m.second / columns1 * net.stride()) + *offset++;
    *p++ = m.confidence;
  }
  return rows;
}

struct Comparison {
  std::size_t same = 0, other = 0, unexplained = 0;
  double largest_px = 0, largest_confidence = 0;
};

// Two matches are equal if their first points are and their second points lie in the same cell.
Comparison compare(const at::Tensor& ours, const at::Tensor& theirs) {
  std::map<std::pair<float, float>, const float*> by_point;
  const at::Tensor golden = theirs.contiguous();
  for (std::int64_t i = 0; i < golden.size(0); i++) {
    const float* row = golden.const_data_ptr<float>() + 5 * i;
    by_point[{row[0], row[1]}] = row;
  }
  Comparison result;
  std::size_t found = 0;
  for (std::int64_t i = 0; i < ours.size(0); i++) {
    const float* row = ours.const_data_ptr<float>() + 5 * i;
    const auto other = by_point.find({row[0], row[1]});
    if (other == by_point.end()) {
      result.other++;
      result.unexplained += row[4] > 1e-5;
      continue;
    }
    found++;
    const double distance = std::hypot(row[2] - other->second[2], row[3] - other->second[3]);
    const double confidence = std::abs(row[4] - other->second[4]);
    if (distance > 1) {
      result.other++;
      result.unexplained += confidence > 1e-5;
      continue;
    }
    result.same++;
    result.largest_px = std::max(result.largest_px, distance);
    result.largest_confidence = std::max(result.largest_confidence, confidence);
  }
  const std::size_t missing = static_cast<std::size_t>(golden.size(0)) - found;
  result.other += missing;
  return result;
}

class LoftrParity : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    const auto golden = read_weights(
        source_file("tests/nn/goldens/loftr_" + std::string(GetParam().name) + ".safetensors"));
    ASSERT_TRUE(golden) << golden.error().message;
    golden_ = *golden;
  }

  static at::Tensor image(const std::array<std::int64_t, 2>& size, bool is_second) {
    return formula::grey_image(size[0], size[1], is_second ? kShiftX : 0, is_second ? kShiftY : 0);
  }

  const c10::InferenceMode guard_;
  StateDict golden_;
  const StateDict state_ = formula_state(GetParam().name);
  const Loftr net_ = make_loftr(state_, GetParam().properties);
  const at::Tensor image0_ = image(GetParam().first, false);
  const at::Tensor image1_ = image(GetParam().second, true);

  Loftr::Matches match(const Loftr::Options& options) const {
    const auto first = net_.encode(image0_), second = net_.encode(image1_);
    const Loftr::ImagePair pair = {first.get(), second.get()};
    return net_.match(std::span(&pair, 1), options).front();
  }
  at::Tensor rows(const Loftr::Matches& found) const {
    return as_rows(net_, found, GetParam().first[1], GetParam().second[1]);
  }
};

TEST_P(LoftrParity, backbone_equals_kornia) {
  const LoftrBackbone::Maps maps = net_.backbone()(image0_);
  EXPECT_LT((thin(maps.coarse, 37) - golden_["coarse"]).abs().max().item<float>(), 2e-4);
  if (!net_.config().has_fine()) return;
  for (const std::size_t band_bytes : {std::size_t{1} << 30, std::size_t{1} << 18}) {
    const at::Tensor middle =
        net_.backbone().middle().dense(maps.middle_lateral, maps.coarse, band_bytes);
    const at::Tensor fine = net_.backbone().fine().dense(maps.fine_lateral, middle, band_bytes);
    EXPECT_LT((thin(fine, 331) - golden_["fine"]).abs().max().item<float>(), 2e-4);
  }
}

TEST_P(LoftrParity, matches_equal_kornia) {
  Loftr::Options options;
  options.threshold = 0;
  const at::Tensor ours = rows(match(options));
  const at::Tensor theirs = golden_["matches"];
  ASSERT_GT(theirs.size(0), 90);
  const Comparison c = compare(ours, theirs);
  RecordProperty("same", std::to_string(c.same));
  EXPECT_GE(c.same, 0.995 * theirs.size(0)) << c.other << " others";
  EXPECT_EQ(c.unexplained, 0u);
  EXPECT_LT(c.largest_px, 1e-3);
  EXPECT_LT(c.largest_confidence, 1e-5);
}

TEST_P(LoftrParity, a_single_pass_gives_the_matches_of_two_passes) {
  Loftr::Options low, high;
  low.threshold = 0;
  high.threshold = 0.03;  // from 0.02 on a single pass is used
  const at::Tensor all = rows(match(low));
  const at::Tensor few = rows(match(high));
  const at::Tensor want = all.index({all.select(1, 4) > 0.03});
  ASSERT_GT(want.size(0), 10);
  ASSERT_EQ(few.sizes(), want.sizes());
  EXPECT_LT((few - want).abs().max().item<float>(), 1e-3);
}

TEST_P(LoftrParity, the_largest_confidences_are_kept_in_order) {
  Loftr::Options options;
  options.threshold = 0;
  const at::Tensor all = rows(match(options));
  options.max_matches = 40;
  const at::Tensor best = rows(match(options));
  ASSERT_EQ(best.size(0), 40);
  const at::Tensor sorted = std::get<0>(all.select(1, 4).sort(0, true));
  EXPECT_GE(best.select(1, 4).min().item<float>(), sorted[39].item<float>());
  const at::Tensor order = best.select(1, 1) * 10000 + best.select(1, 0);
  EXPECT_TRUE((order.diff() > 0).all().item<bool>());
}

TEST_P(LoftrParity, a_batch_of_pairs_equals_one_by_one) {
  const auto first = net_.encode(image0_), second = net_.encode(image1_);
  const auto third = net_.encode(image(GetParam().second, false));
  Loftr::Options options;
  options.threshold = 0;
  const Loftr::ImagePair pairs[] = {{first.get(), second.get()}, {first.get(), third.get()}};
  const auto together = net_.match(pairs, options);
  for (std::size_t i = 0; i < 2; i++) {
    const auto alone = net_.match(std::span(pairs + i, 1), options);
    const Comparison c = compare(rows(together[i]), rows(alone.front()));
    EXPECT_GE(c.same, 0.995 * alone.front().coarse.size());
    EXPECT_EQ(c.unexplained, 0u);
    EXPECT_LT(c.largest_px, 1e-3);
    EXPECT_LT(c.largest_confidence, 1e-5);
  }
}

TEST_P(LoftrParity, chunks_give_the_same_matches) {
  Loftr::Options options;
  options.threshold = 0;
  const auto whole = match(options);
  options.chunk = 7;
  const auto chunked = match(options);
  EXPECT_LT((whole.offsets - chunked.offsets).abs().max().item<float>(), 1e-3);
}

TEST_P(LoftrParity, windows_of_few_matches_equal_those_of_the_whole_map) {
  if (!net_.config().has_fine()) GTEST_SKIP() << "no fine stage";
  Loftr::Options options;
  options.threshold = 0;
  const auto first = net_.encode(image0_), second = net_.encode(image1_);
  const Loftr::ImagePair pair = {first.get(), second.get()};
  const auto all = net_.match(std::span(&pair, 1), options).front();  // computes the map
  const LoftrTransformer::Pair tokens = net_.coarse_tokens(std::span(&pair, 1)).tokens;
  const std::span few(all.coarse.data(), 9);
  const at::Tensor from_map = net_.fine_offsets(pair, tokens, few, options);
  const auto first_again = net_.encode(image0_), second_again = net_.encode(image1_);
  const Loftr::ImagePair again = {first_again.get(), second_again.get()};
  const at::Tensor from_windows = net_.fine_offsets(again, tokens, few, options);
  EXPECT_LT((from_map - from_windows).abs().max().item<float>(), 1e-3);
}

TEST_P(LoftrParity, runs_on_the_meta_device_without_a_hidden_cpu_tensor) {
  const Loftr net = make_loftr(state_, GetParam().properties, c10::kMeta);
  const at::Tensor image = at::empty({1, 1, 96, 128}, at::TensorOptions(c10::kMeta));
  const auto first = net.encode(image), second = net.encode(image);
  const Loftr::ImagePair pair = {first.get(), second.get()};
  const LoftrTransformer::Pair tokens = net.coarse_tokens(std::span(&pair, 1)).tokens;
  EXPECT_TRUE(tokens.x0.is_meta() && tokens.x1.is_meta());
  EXPECT_EQ(tokens.x1.size(2), 96 / net.stride());
  const at::Tensor rows = tokens.x0.flatten(2).squeeze(0).t();
  const BestPartners best = best_partners(rows, rows, 0.1);
  EXPECT_TRUE(best.partner.is_meta() && best.column_best.is_meta());
  const CoarseMatch matches[] = {{27, 28, 0.5f}, {28, 27, 0.5f}};
  const at::Tensor offsets = net.fine_offsets(pair, tokens, matches, {});
  EXPECT_TRUE(offsets.is_meta());
  EXPECT_EQ(offsets.sizes().vec(), (std::vector<std::int64_t>{2, 2}));
}

INSTANTIATE_TEST_SUITE_P(Nets, LoftrParity, testing::ValuesIn(kCases),
                         [](const auto& info) { return std::string(info.param.name); });

void expect_refused(const StateDict& state, const LoftrProperties& properties,
                    const std::string& says) {
  try {
    make_loftr(state, properties);
    FAIL() << "took weights that do not fit: " << says;
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ErrorCode::WrongArchitecture);
    EXPECT_THAT(failure.what(), testing::HasSubstr(says));
  }
}

TEST(Loftr, names_the_tensor_that_is_missing_or_does_not_fit) {
  const LoftrProperties four = {{"heads", "4"}};
  const StateDict good = formula_state("narrow");
  StateDict state = good;
  state.erase("backbone.layer2.0.downsample.0.weight");
  expect_refused(state, four, "backbone.layer2.0.downsample.0.weight [40, 32, 1, 1]");
  state = good;
  state["loftr_coarse.layers.2.k_proj.weight"] = at::zeros({64, 63});
  expect_refused(state, four, "loftr_coarse.layers.2.k_proj.weight is [64, 63]");
  state = good;
  state["backbone.layer1.1.conv2.weight"] = at::zeros({31, 32, 3, 3});
  expect_refused(state, four, "backbone.layer1.1.conv2.weight is [31, 32, 3, 3]");
  state = good;
  state["fine_preprocess.merge_feat.weight"] = at::zeros({32, 65});
  expect_refused(state, four, "fine_preprocess.merge_feat.weight is [32, 65]");
  state = good;
  for (const char* name : {"q_proj.weight", "k_proj.weight"}) {
    state.erase(std::string("loftr_coarse.layers.3.") + name);
  }
  expect_refused(state, four, "loftr_coarse has 3 layers");
  expect_refused({}, four, "loftr_coarse.layers.0.q_proj.weight");
}

TEST(Loftr, refuses_properties_that_do_not_fit) {
  const StateDict state = formula_state("narrow");
  expect_refused(state, {{"heads", "5"}}, "64 channels, which is not a multiple of 5 heads");
  expect_refused(state, {{"heads", "0"}}, "heads is \"0\"");
  expect_refused(state, {{"heads", "many"}}, "heads is \"many\"");
  expect_refused(state, {{"heads", "4"}, {"position_encoding", "other"}}, "\"other\"");
}

TEST(Loftr, stops_when_asked) {
  const c10::InferenceMode guard;
  const Loftr net = make_loftr(formula_state("narrow"), {{"heads", "4"}});
  const auto image = net.encode(formula::grey_image(96, 96, 0, 0));
  const Loftr::ImagePair pair = {image.get(), image.get()};
  std::stop_source stop;
  stop.request_stop();
  Loftr::Options options;
  options.stop = stop.get_token();
  try {
    net.match(std::span(&pair, 1), options);
    FAIL() << "continued";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.code(), ErrorCode::Cancelled);
  }
}

TEST(DualSoftmax, equals_plain_aten_on_any_size) {
  const c10::InferenceMode guard;
  for (const auto& [rows, columns] : {std::pair{1, 1}, {7, 300}, {401, 23}, {500, 513}}) {
    const at::Tensor first = formula::noise_tensor(1, {rows, 32}) * 3;
    const at::Tensor second = formula::noise_tensor(2, {columns, 32}) * 3;
    const at::Tensor s = at::mm(first, second.t()) / 3.2;
    const at::Tensor confidence = s.softmax(0) * s.softmax(1);
    for (const double threshold : {0., 0.001, 0.02, 0.2}) {
      const auto matches = match_tokens(first, second, 0.1, threshold);
      const auto [best, partner] = confidence.max(1);
      const at::Tensor is_mutual = confidence.amax(0).index_select(0, partner) == best;
      const auto want = (is_mutual & (best > threshold)).sum().item<std::int64_t>();
      EXPECT_EQ(static_cast<std::int64_t>(matches.size()), want)
          << rows << "x" << columns << " above " << threshold;
      for (const CoarseMatch& m : matches) {
        EXPECT_EQ(m.second, partner[m.first].item<std::int64_t>());
        EXPECT_NEAR(m.confidence, best[m.first].item<float>(), 1e-5);
      }
    }
  }
}

TEST(DualSoftmax, is_stable_if_similarities_are_far_apart) {
  const c10::InferenceMode guard;
  // Two kinds of orthogonal tokens; one's similarities are far larger than the other's.
  at::Tensor first = formula::noise_tensor(1, {300, 32});
  first.narrow(0, 0, 10).narrow(1, 0, 16).mul_(100);
  first.narrow(0, 0, 10).narrow(1, 16, 16).zero_();
  first.narrow(0, 10, 290).narrow(1, 0, 16).zero_();
  const at::Tensor second = first.clone();
  const auto matches = match_tokens(first, second, 0.01, 0.2);
  std::size_t later = 0;
  for (const CoarseMatch& m : matches) {
    EXPECT_EQ(m.first, m.second);
    EXPECT_GT(m.confidence, 0.2f);
    EXPECT_LE(m.confidence, 1.0001f);
    later += m.first >= 10;
  }
  EXPECT_GT(later, 100u);
}

TEST(DualSoftmax, in_plain_aten_gives_the_same_matches) {
  const c10::InferenceMode guard;
  const at::Tensor first = formula::noise_tensor(1, {401, 32}) * 3;
  const at::Tensor second = formula::noise_tensor(2, {300, 32}) * 3;
  const BestPartners best = best_partners(first, second, 0.1, 64);
  const auto matches = match_tokens(first, second, 0.1, 0.001);
  ASSERT_GT(matches.size(), 50u);
  for (const CoarseMatch& m : matches) {
    EXPECT_EQ(best.partner[m.first].item<std::int64_t>(), m.second);
    EXPECT_NEAR(best.confidence[m.first].item<float>(), m.confidence, 1e-5);
    EXPECT_NEAR(best.column_best[m.second].item<float>(), m.confidence, 1e-5);
  }
}

TEST(PositionEncoding, of_the_first_models_falls_off_faster) {
  const at::Tensor original = position_encoding(256, 3, 4, false);
  const at::Tensor fixed = position_encoding(256, 3, 4, true);
  ASSERT_EQ(original.sizes().vec(), (std::vector<std::int64_t>{1, 256, 3, 4}));
  const auto at = [](const at::Tensor& t, int channel, int y, int x) {
    return t[0][channel][y][x].item<double>();
  };
  EXPECT_NEAR(at(original, 0, 0, 3), std::sin(4.), 1e-6);  // positions count from 1
  EXPECT_NEAR(at(original, 4, 0, 3), std::sin(4 * std::exp(-2.)), 1e-6);
  EXPECT_NEAR(at(original, 6, 2, 0), std::sin(3 * std::exp(-2.)), 1e-6);
  EXPECT_NEAR(at(fixed, 5, 0, 3), std::cos(4 * std::exp(-2 * std::log(1e4) / 128)), 1e-6);
}

}  // namespace
}  // namespace gsttorch
