// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/ops/token_layer.h"

#include <algorithm>

#include <ATen/ATen.h>

#include "lib/nn/base/cpu_pool.h"
#include "lib/nn/ops/token_kernels.h"

namespace gsttorch {
namespace {

constexpr float kAttentionEpsilon = 1e-6f;
constexpr std::int64_t kBlock = 128;             // tokens of an image per block, approximately
constexpr std::int64_t kParts = 4;               // block count: a multiple, for as many threads
constexpr std::int64_t kWindowFloats = 1 << 17;  // of one group of windows, run_on_windows()

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// [out, in] -> panels [out / kPanel, in, kPanel], in bfloat16 [out / kPanel, in / 2, kPanel, 2]
at::Tensor in_panels(const at::Tensor& weight, at::ScalarType type) {
  const std::int64_t together = type == at::kFloat ? 1 : 2;
  return weight.reshape({-1, kPanel, weight.size(1) / together, together})
      .transpose(1, 2)
      .to(type)
      .contiguous();
}

// Bfloat16 if it is requested and supported.
at::ScalarType product_type(at::ScalarType asked, std::int64_t channels) {
  const bool can = bf16_multiply() && 2 * channels <= kMostBf16Terms;
  return asked == at::kBFloat16 && can ? asked : at::kFloat;
}

// Splits an image's tokens into blocks of nearly equal size, independent of the number of threads:
// so sums over them give the same result.
struct Blocks {
  explicit Blocks(std::int64_t tokens)
      : tokens(tokens), count(divide_up(divide_up(tokens, kBlock), kParts) * kParts) {}
  std::int64_t begin(std::int64_t i) const { return tokens * i / count; }
  std::int64_t size(std::int64_t i) const { return begin(i + 1) - begin(i); }
  std::int64_t largest() const { return divide_up(tokens, count); }

  std::int64_t tokens, count;
};

}  // namespace

// Intermediate data of a layer, for one thread and some tokens.
class TokenLayer::Scratch {
 public:
  Scratch(float* room, std::int64_t tokens, std::int64_t channels)
      : size_(tokens * channels), room_(room) {}

  static constexpr std::int64_t kMaps = 4;  // each with as many floats as the tokens

  // Query, key and value, or some of them.
  float* projected() const { return room_; }
  float* message() const { return room_ + 3 * size_; }
  // These reuse the memory of the projections, which are not needed once the message is computed.
  float* merged() const { return room_; }
  float* hidden() const { return room_ + size_; }  // [tokens, 2C]

 private:
  std::int64_t size_;
  float* room_;
};

// Allocated in the caller's thread, whose memory is counted.
class TokenLayer::Scratches {
 public:
  Scratches(std::int64_t tasks, std::int64_t tokens, std::int64_t channels)
      : tokens_(tokens),
        channels_(channels),
        room_(at::empty({tasks > 1 ? cpu_pool().threads() : 1, Scratch::kMaps * tokens * channels},
                        at::kFloat)) {}
  /// The calling thread's scratch, in a parallel loop of `tasks` tasks.
  Scratch mine() const {
    return {room_.data_ptr<float>() + ThreadPool::thread_number() * room_.size(1), tokens_,
            channels_};
  }

 private:
  std::int64_t tokens_, channels_;
  at::Tensor room_;
};

bool TokenLayer::fits(const TokenLayerWeights& weights) {
  const std::int64_t channels = weights.query.size(0);
  return weights.query.is_cpu() && weights.query.scalar_type() == at::kFloat &&
         channels % kPanel == 0 && knows_head(channels / weights.heads);
}

TokenLayer::TokenLayer(const TokenLayerWeights& weights, at::ScalarType type)
    : channels_(weights.query.size(0)),
      heads_(weights.heads),
      norm_epsilon_(static_cast<float>(weights.norm_epsilon)),
      gain1_(weights.gain1.contiguous()),
      bias1_(weights.bias1.contiguous()),
      gain2_(weights.gain2.contiguous()),
      bias2_(weights.bias2.contiguous()) {
  const at::ScalarType in = product_type(type, channels_);
  multiply_ = in == at::kFloat ? token_kernels().multiply : bf16_multiply();
  query_key_value_ = in_panels(at::cat({weights.query, weights.key, weights.value}), in);
  merge_ = in_panels(weights.merge, in);
  mlp_x_ = in_panels(weights.mlp_in.narrow(1, 0, channels_), in);
  mlp_message_ = in_panels(weights.mlp_in.narrow(1, channels_, channels_), in);
  mlp_out_ = in_panels(weights.mlp_out, in);
}

TokenProduct TokenLayer::product(const float* x, const Part& part) const {
  const std::int64_t first = part.first_column * part.in * part.packed.element_size();
  return {{x, part.in}, part.in, static_cast<const char*>(part.packed.const_data_ptr()) + first};
}

std::int64_t TokenLayer::sums_size() const {
  const std::int64_t head = channels_ / heads_;
  return heads_ * (head + 1) * head;
}

// Accumulates the source's keys and values of all heads into sums [heads, D + 1, D].
void TokenLayer::accumulate(const float* source, std::int64_t tokens, const Scratch& scratch,
                            float* sums) const {
  const std::int64_t c = channels_, head = c / heads_;
  const float* key_value = scratch.projected();
  multiply_(product(source, {query_key_value_, c, c}), nullptr, tokens, 2 * c, false,
            scratch.projected());
  for (std::int64_t h = 0; h < heads_; h++, sums += (head + 1) * head) {
    token_kernels().accumulate(head, {key_value + h * head, 2 * c},
                               {key_value + c + h * head, 2 * c}, tokens, sums);
  }
}

// Computes y from x and each token's message in the scratch; y may be x.
void TokenLayer::finish(const float* x, std::int64_t tokens, const Scratch& scratch,
                        float* y) const {
  const TokenKernels& k = token_kernels();
  const std::int64_t c = channels_;
  float* merged = scratch.merged();
  float* hidden = scratch.hidden();
  multiply_(product(scratch.message(), {merge_, 0, c}), nullptr, tokens, c, false, merged);
  k.normalize(merged, tokens, c, gain1_.const_data_ptr<float>(), bias1_.const_data_ptr<float>(),
              norm_epsilon_, nullptr, merged);
  const TokenProduct of_message = product(merged, {mlp_message_, 0, c});
  multiply_(product(x, {mlp_x_, 0, c}), &of_message, tokens, 2 * c, true, hidden);
  multiply_(product(hidden, {mlp_out_, 0, 2 * c}), nullptr, tokens, c, false, merged);
  k.normalize(merged, tokens, c, gain2_.const_data_ptr<float>(), bias2_.const_data_ptr<float>(),
              norm_epsilon_, x, y);
}

void TokenLayer::update(const float* x, const float* sums, std::int64_t tokens,
                        const Scratch& scratch, float* y) const {
  const std::int64_t c = channels_, head = c / heads_;
  multiply_(product(x, {query_key_value_, 0, c}), nullptr, tokens, c, false, scratch.projected());
  for (std::int64_t h = 0; h < heads_; h++, sums += (head + 1) * head) {
    token_kernels().attend(head, {scratch.projected() + h * head, c}, tokens, sums,
                           kAttentionEpsilon, scratch.message() + h * head, c);
  }
  finish(x, tokens, scratch, y);
}

at::Tensor TokenLayer::operator()(const at::Tensor& x, const at::Tensor& source) const {
  const std::int64_t batch = x.size(0), c = channels_;
  const Blocks from(source.size(1)), to(x.size(1));
  const float* in = x.const_data_ptr<float>();
  const float* seen = source.const_data_ptr<float>();
  const at::Tensor parts = at::zeros({batch, from.count, sums_size()}, x.options());
  float* part = parts.data_ptr<float>();
  const Scratches seeing(batch * from.count, from.largest(), c);
  parallel_for(batch * from.count, 1, [&](std::int64_t begin, std::int64_t end) {
    const Scratch scratch = seeing.mine();
    for (std::int64_t i = begin; i < end; i++) {
      const std::int64_t b = i / from.count, block = i % from.count;
      accumulate(seen + (b * from.tokens + from.begin(block)) * c, from.size(block), scratch,
                 part + i * sums_size());
    }
  });
  const at::Tensor sums = parts.sum(1);
  const float* sum = sums.const_data_ptr<float>();
  at::Tensor out = at::empty_like(x);
  float* y = out.data_ptr<float>();
  const Scratches answering(batch * to.count, to.largest(), c);
  parallel_for(batch * to.count, 1, [&](std::int64_t begin, std::int64_t end) {
    const Scratch scratch = answering.mine();
    for (std::int64_t i = begin; i < end; i++) {
      const std::int64_t b = i / to.count, block = i % to.count;
      const std::int64_t first = (b * to.tokens + to.begin(block)) * c;
      update(in + first, sum + b * sums_size(), to.size(block), scratch, y + first);
    }
  });
  return out;
}

// Each window attends to the source window at the same index; x may be the source.
void TokenLayer::attend_windows(float* x, const float* source, std::int64_t windows,
                                std::int64_t tokens, const Scratch& scratch) const {
  const TokenKernels& k = token_kernels();
  const std::int64_t c = channels_, head = c / heads_, all = windows * tokens;
  float sums[33 * 32];  // size for the largest head
  const float* query = scratch.projected();
  const float* key_value = query + all * c;
  multiply_(product(x, {query_key_value_, 0, c}), nullptr, all, c, false, scratch.projected());
  multiply_(product(source, {query_key_value_, c, c}), nullptr, all, 2 * c, false,
            scratch.projected() + all * c);
  for (std::int64_t w = 0; w < windows; w++) {
    for (std::int64_t h = 0; h < heads_; h++) {
      const std::int64_t first = w * tokens * c + h * head;
      const float* key = key_value + w * tokens * 2 * c + h * head;
      std::fill_n(sums, (head + 1) * head, 0.f);
      k.accumulate(head, {key, 2 * c}, {key + c, 2 * c}, tokens, sums);
      k.attend(head, {query + first, c}, tokens, sums, kAttentionEpsilon, scratch.message() + first,
               c);
    }
  }
  finish(x, all, scratch, x);
}

void TokenLayer::run_on_windows(std::span<const TokenLayer> layers, at::Tensor& x0,
                                at::Tensor& x1) {
  const std::int64_t tokens = x0.size(1), channels = x0.size(2);
  const std::int64_t size = tokens * channels;
  const std::int64_t share = divide_up(x0.size(0), cpu_pool().threads());
  const std::int64_t few =
      std::clamp<std::int64_t>(kWindowFloats / (6 * size), 1, std::max<std::int64_t>(1, share));
  float* first = x0.data_ptr<float>();
  float* second = x1.data_ptr<float>();
  const Scratches scratches(x0.size(0), few * tokens, channels);
  parallel_for(x0.size(0), few, [&](std::int64_t begin, std::int64_t end) {
    const Scratch scratch = scratches.mine();
    for (std::int64_t w = begin; w < end; w += few) {
      const std::int64_t count = std::min(few, end - w);
      float* a = first + w * size;
      float* b = second + w * size;
      for (std::size_t i = 0; i < layers.size(); i++) {
        const bool is_cross = i % 2 == 1;  // the second side attends to the updated first side
        layers[i].attend_windows(a, is_cross ? b : a, count, tokens, scratch);
        layers[i].attend_windows(b, is_cross ? a : b, count, tokens, scratch);
      }
    }
  });
}

}  // namespace gsttorch
