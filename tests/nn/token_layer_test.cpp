// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/token_layer.h"

#include <mutex>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/loftr/transformer.h"
#include "lib/nn/ops/token_kernels.h"
#include "tests/nn/formula.h"

namespace gsttorch {
namespace {

at::Tensor noise(std::uint64_t seed, const std::vector<std::int64_t>& shape) {
  return formula::noise_tensor(seed, shape);
}

StateDict make_state(std::int64_t c, int layers) {
  StateDict state;
  std::uint64_t seed = 1;
  for (int i = 0; i < layers; i++) {
    const std::string layer = "layers." + std::to_string(i) + ".";
    const double scale = 2 / std::sqrt(static_cast<double>(c));
    for (const char* name : {"q_proj", "k_proj", "v_proj", "merge"}) {
      state[layer + name + ".weight"] = noise(seed++, {c, c}) * scale;
    }
    state[layer + "mlp.0.weight"] = noise(seed++, {2 * c, 2 * c}) * scale;
    state[layer + "mlp.2.weight"] = noise(seed++, {c, 2 * c}) * scale;
    for (const char* name : {"norm1", "norm2"}) {
      state[layer + name + ".weight"] = 1 + noise(seed++, {c}) / 4;
      state[layer + name + ".bias"] = noise(seed++, {c}) / 4;
    }
  }
  return state;
}

LoftrTransformer make_transformer(std::int64_t channels, int heads, int layers,
                                  c10::ScalarType type = at::kFloat) {
  LoftrConfig config;
  config.heads = heads;
  return LoftrTransformer(
      ModuleWeights(make_state(channels, layers), ComputeTarget(c10::kCPU, type)), channels, layers,
      config);
}

at::Tensor map_of(std::uint64_t seed, const std::vector<std::int64_t>& shape) {
  return noise(seed, shape).contiguous(at::MemoryFormat::ChannelsLast);
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

struct Width {
  std::int64_t channels;
  int heads;
};
// Heads of 4, 8, 16 and 32 numbers; the last two widths have no kernels.
const Width kWidths[] = {{32, 8}, {32, 4}, {64, 4}, {128, 4}, {48, 3}, {64, 1}};

TEST(TokenLayer, equals_plain_aten) {
  const c10::InferenceMode guard;
  for (const auto& [channels, heads] : kWidths) {
    const LoftrTransformer net = make_transformer(channels, heads, 2);
    for (const std::int64_t width : {1, 7, 60}) {
      const at::Tensor x0 = map_of(90, {2, channels, 9, width});
      const at::Tensor x1 = map_of(91, {2, channels, 5, width + 3});
      const at::Tensor first = net.first(x0);
      EXPECT_LT(distance(first, net.plain_layer(0, x0, x0)), 2e-5) << channels << "/" << heads;
      const LoftrTransformer::Pair pair = net.rest({x0, x1});
      const at::Tensor want0 = net.plain_layer(1, x0, x1);
      EXPECT_LT(distance(pair.x0, want0), 2e-5) << channels << "/" << heads;
      EXPECT_LT(distance(pair.x1, net.plain_layer(1, x1, want0)), 3e-5) << channels << "/" << heads;
    }
  }
}

TEST(TokenLayer, windows_are_pairs_of_their_own) {
  const c10::InferenceMode guard;
  for (const auto& [channels, heads] : kWidths) {
    const LoftrTransformer net = make_transformer(channels, heads, 2);
    const at::Tensor x0 = map_of(92, {37, channels, 5, 5}), x1 = map_of(93, {37, channels, 5, 5});
    const at::Tensor first0 = net.plain_layer(0, x0, x0), first1 = net.plain_layer(0, x1, x1);
    const at::Tensor want0 = net.plain_layer(1, first0, first1);
    const at::Tensor want1 = net.plain_layer(1, first1, want0);
    const LoftrTransformer::Pair got = net.on_windows({x0.clone(), x1.clone()});
    EXPECT_LT(distance(got.x0, want0), 4e-5) << channels << "/" << heads;
    EXPECT_LT(distance(got.x1, want1), 4e-5) << channels << "/" << heads;
  }
}

TEST(TokenLayer, gives_the_same_numbers_on_any_number_of_threads) {
  const c10::InferenceMode guard;
  const LoftrTransformer net = make_transformer(64, 4, 2);
  const at::Tensor x0 = map_of(94, {1, 64, 30, 40}), x1 = map_of(95, {1, 64, 31, 40});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const LoftrTransformer::Pair alone = net.rest({x0, x1});
  at::set_num_threads(3);
  const LoftrTransformer::Pair together = net.rest({x0, x1});
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(alone.x0, together.x0) && at::equal(alone.x1, together.x1));
}

TEST(TokenLayer, in_bfloat16_stays_near) {
  if (!bf16_multiply()) GTEST_SKIP() << "the CPU has no AVX512_BF16";
  const c10::InferenceMode guard;
  for (const auto& [channels, heads] : {Width{64, 4}, Width{128, 4}, Width{256, 8}}) {
    const LoftrTransformer exact = make_transformer(channels, heads, 2);
    const LoftrTransformer brief = make_transformer(channels, heads, 2, at::kBFloat16);
    const at::Tensor x0 = map_of(90, {2, channels, 9, 7}), x1 = map_of(91, {2, channels, 5, 10});
    const LoftrTransformer::Pair want = exact.rest({x0, x1}), got = brief.rest({x0, x1});
    EXPECT_LT(distance(got.x0, want.x0), 0.03) << channels;
    EXPECT_LT(distance(got.x1, want.x1), 0.03) << channels;
    EXPECT_GT(distance(got.x0, want.x0), 1e-4) << channels;
  }
}

// Covers whole tiles of rows and remainders.
TEST(TokenKernels, multiply_in_bfloat16) {
  const TokenMultiply multiply = bf16_multiply();
  if (!multiply) GTEST_SKIP() << "the CPU has no AVX512_BF16";
  const c10::InferenceMode guard;
  for (const std::int64_t rows : {1, 5, 12, 31, 48, 101}) {
    const at::Tensor x = noise(1, {rows, 64}), more = noise(2, {rows, 32});
    const at::Tensor weight = noise(3, {96, 64}), other = noise(4, {96, 32});
    const auto panels = [](const at::Tensor& w) {
      return w.reshape({-1, kPanel, w.size(1) / 2, 2})
          .transpose(1, 2)
          .to(at::kBFloat16)
          .contiguous();
    };
    const auto product = [](const at::Tensor& a, const at::Tensor& b) {
      const auto rounded = [](const at::Tensor& t) { return t.to(at::kBFloat16).to(at::kFloat); };
      return at::mm(rounded(a), rounded(b).t());
    };
    const at::Tensor packed = panels(weight), packed_other = panels(other);
    const TokenProduct first = {{x.const_data_ptr<float>(), 64}, 64, packed.const_data_ptr()};
    const TokenProduct second = {
        {more.const_data_ptr<float>(), 32}, 32, packed_other.const_data_ptr()};
    at::Tensor y = at::empty({rows, 96});
    multiply(first, &second, rows, 96, true, y.data_ptr<float>());
    EXPECT_LT(distance(y, (product(x, weight) + product(more, other)).relu()), 2e-5) << rows;
    multiply(first, nullptr, rows, 96, false, y.data_ptr<float>());
    EXPECT_LT(distance(y, product(x, weight)), 2e-5) << rows;
  }
}

TEST(TokenKernels, of_every_kind_of_cpu_agree) {
  const c10::InferenceMode guard;
  for (const TokenKernels* kernels : all_token_kernels()) {
    for (const std::int64_t rows : {1, 5, 12, 31}) {
      const at::Tensor x = noise(1, {rows, 64}), more = noise(2, {rows, 32});
      const at::Tensor weight = noise(3, {96, 64}), other = noise(4, {96, 32});
      const auto panels = [](const at::Tensor& w) {
        return w.view({-1, kPanel, w.size(1)}).transpose(1, 2).contiguous();
      };
      const at::Tensor packed = panels(weight), packed_other = panels(other);
      at::Tensor y = at::empty({rows, 96});
      const TokenProduct first = {
          {x.const_data_ptr<float>(), 64}, 64, packed.const_data_ptr<float>()};
      const TokenProduct second = {
          {more.const_data_ptr<float>(), 32}, 32, packed_other.const_data_ptr<float>()};
      kernels->multiply(first, &second, rows, 96, true, y.data_ptr<float>());
      const at::Tensor sum = at::mm(x, weight.t()) + at::mm(more, other.t());
      EXPECT_LT(distance(y, sum.relu()), 2e-5);
      kernels->multiply(first, nullptr, rows, 96, false, y.data_ptr<float>());
      EXPECT_LT(distance(y, at::mm(x, weight.t())), 2e-5);

      const at::Tensor gain = noise(5, {96}), bias = noise(6, {96}), added = noise(7, {rows, 96});
      const at::Tensor normal = at::layer_norm(y, {96}, gain, bias, 1e-5) + added;
      kernels->normalize(y.const_data_ptr<float>(), rows, 96, gain.const_data_ptr<float>(),
                         bias.const_data_ptr<float>(), 1e-5f, added.const_data_ptr<float>(),
                         y.data_ptr<float>());
      EXPECT_LT(distance(y, normal), 1e-5);
    }
    for (const std::int64_t size : {4, 8, 16, 32}) {
      const at::Tensor query = noise(8, {45, size}), key = noise(9, {70, size}) * 3;
      const at::Tensor value = noise(10, {70, size});
      at::Tensor sums = at::zeros({size + 1, size}), y = at::empty({45, size});
      const auto rows = [&](const at::Tensor& t) {
        return TokenRows{t.const_data_ptr<float>(), size};
      };
      kernels->accumulate(size, rows(key), rows(value), 70, sums.data_ptr<float>());
      kernels->attend(size, rows(query), 45, sums.const_data_ptr<float>(), 1e-6f,
                      y.data_ptr<float>(), size);
      const at::Tensor k = at::elu(key) + 1, q = at::elu(query) + 1;
      EXPECT_LT(distance(sums.narrow(0, 0, size), at::mm(k.t(), value)), 1e-4);
      EXPECT_LT(distance(sums[size], k.sum(0)), 1e-4);
      const at::Tensor want =
          at::mm(q, at::mm(k.t(), value)) / (at::mv(q, k.sum(0)) + 1e-6).unsqueeze(1);
      EXPECT_LT(distance(y, want), 1e-5);
    }
  }
}

// ATen's parallel loops are templates; compiled without OpenMP, these run on one thread.
TEST(ParallelLoops, run_on_several_threads) {
#ifndef _OPENMP
  GTEST_SKIP() << "built without OpenMP, as for ThreadSanitizer";
#endif
  const int threads = at::get_num_threads();
  at::set_num_threads(3);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  at::parallel_for(0, 3, 1, [&](std::int64_t, std::int64_t) {
    const std::lock_guard lock(mutex);
    seen.insert(std::this_thread::get_id());
  });
  at::set_num_threads(threads);
  EXPECT_EQ(seen.size(), 3u);
}

}  // namespace
}  // namespace gsttorch
