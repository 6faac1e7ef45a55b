// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/core/shots/similarity.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace gsttorch {
namespace {

// Sums side by side, so that the compiler may keep them in vector registers without being allowed
// to reorder a single sum.
constexpr std::size_t kLanes = 8;
constexpr std::size_t kBlock = 4;

using Lanes = std::array<float, kLanes>;

float total(const Lanes& lanes) {
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

// Inner products of kBlock rows with as many others: each element read serves kBlock products.
void block_products(const float* const* left, const float* const* right, std::size_t length,
                    float (*out)[kBlock]) {
  std::array<std::array<Lanes, kBlock>, kBlock> sums{};
  std::size_t at = 0;
  for (; at + kLanes <= length; at += kLanes) {
    for (std::size_t i = 0; i < kBlock; ++i) {
      for (std::size_t j = 0; j < kBlock; ++j) {
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
          sums[i][j][lane] += left[i][at + lane] * right[j][at + lane];
        }
      }
    }
  }
  for (std::size_t i = 0; i < kBlock; ++i) {
    for (std::size_t j = 0; j < kBlock; ++j) {
      out[i][j] = total(sums[i][j]);
      for (std::size_t rest = at; rest < length; ++rest) {
        out[i][j] += left[i][rest] * right[j][rest];
      }
    }
  }
}

// Pointers to kBlock rows from `first`; beyond the last row the last one again.
std::array<const float*, kBlock> rows_from(std::span<const float> rows, std::size_t first,
                                           std::size_t count, std::size_t length) {
  std::array<const float*, kBlock> pointers{};
  for (std::size_t i = 0; i < kBlock; ++i) {
    pointers[i] = rows.data() + std::min(first + i, count - 1) * length;
  }
  return pointers;
}

float inner_product(const float* a, const float* b, std::size_t length) {
  Lanes sums{};
  std::size_t at = 0;
  for (; at + kLanes <= length; at += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[at + lane] * b[at + lane];
  }
  float sum = total(sums);
  for (; at < length; ++at) sum += a[at] * b[at];
  return sum;
}

}  // namespace

void inner_products(std::span<const float> rows, std::span<const float> vector,
                    std::span<float> out) {
  assert(rows.size() == vector.size() * out.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = inner_product(rows.data() + i * vector.size(), vector.data(), vector.size());
  }
}

void similarity_matrix(std::span<const float> rows, std::size_t count, std::span<float> out) {
  assert(out.size() == count * count && (count == 0 || rows.size() % count == 0));
  if (count == 0) return;
  const std::size_t length = rows.size() / count;
  for (std::size_t i = 0; i < count; i += kBlock) {
    const auto left = rows_from(rows, i, count, length);
    for (std::size_t j = i; j < count; j += kBlock) {
      float block[kBlock][kBlock];
      block_products(left.data(), rows_from(rows, j, count, length).data(), length, block);
      for (std::size_t a = i; a < std::min(i + kBlock, count); ++a) {
        for (std::size_t b = j; b < std::min(j + kBlock, count); ++b) {
          out[a * count + b] = out[b * count + a] = block[a - i][b - j];
        }
      }
    }
  }
}

void normalize(std::span<float> vector) {
  const float length = std::sqrt(inner_product(vector.data(), vector.data(), vector.size()));
  if (!(length > 0)) return;
  for (float& value : vector) value /= length;
}

}  // namespace gsttorch
