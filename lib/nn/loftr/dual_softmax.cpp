// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/dual_softmax.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>

#include <ATen/ATen.h>

#include "lib/nn/base/cpu_pool.h"
#include "lib/nn/base/stop_scope.h"
#include "lib/nn/ops/cpu_dispatch.h"
#include "lib/nn/ops/fast_exp.h"
#include "lib/nn/ops/pair_products.h"

namespace gsttorch {
namespace {

constexpr float kLowest = std::numeric_limits<float>::lowest();
constexpr double kFewCandidates = 0.02;  // from this threshold on, a row has few candidates
constexpr std::int64_t kTileRows = 192;
constexpr std::int64_t kColumnsPerTask = 256;

// The maximum of a row, and the sum of e^(s - maximum).
struct Softmax {
  float largest, sum;
};

GSTTORCH_CPU_CLONES
Softmax row_softmax(const float* s, std::int64_t count) {
  constexpr int kSimdWidth = 16;
  float largest[kSimdWidth], sum[kSimdWidth] = {};
  std::fill_n(largest, kSimdWidth, kLowest);
  const std::int64_t even = count / kSimdWidth * kSimdWidth;
  for (std::int64_t i = 0; i < even; i += kSimdWidth) {
    for (int slot = 0; slot < kSimdWidth; slot++)
      largest[slot] = std::max(largest[slot], s[i + slot]);
  }
  for (std::int64_t i = even; i < count; i++) largest[0] = std::max(largest[0], s[i]);
  const float top = *std::max_element(largest, largest + kSimdWidth);
  for (std::int64_t i = 0; i < even; i += kSimdWidth) {
    for (int slot = 0; slot < kSimdWidth; slot++) sum[slot] += fast_exp(s[i + slot] - top);
  }
  for (std::int64_t i = even; i < count; i++) sum[0] += fast_exp(s[i] - top);
  float total = 0;
  for (const float part : sum) total += part;
  return {top, total};
}

// Updates the maxima and sums of a tile's columns with the tile's rows.
GSTTORCH_CPU_CLONES
void add_columns(const float* s, std::int64_t rows, std::int64_t step, std::int64_t columns,
                 float* largest, float* sum) {
  float top[kColumnsPerTask];
  std::copy_n(largest, columns, top);
  for (std::int64_t r = 0; r < rows; r++) {
    for (std::int64_t j = 0; j < columns; j++) top[j] = std::max(top[j], s[r * step + j]);
  }
  for (std::int64_t j = 0; j < columns; j++) sum[j] *= fast_exp(largest[j] - top[j]);
  for (std::int64_t r = 0; r < rows; r++) {
    for (std::int64_t j = 0; j < columns; j++) sum[j] += fast_exp(s[r * step + j] - top[j]);
  }
  std::copy_n(top, columns, largest);
}

struct Candidate {
  std::int64_t row, column;
  float similarity;
};

// Results of one pass over S. A sum of exponentials is stored as its largest term and a factor: the
// logarithm of their product would be less accurate.
struct Pass {
  explicit Pass(std::int64_t rows, std::int64_t columns)
      : row_largest(rows),
        row_sum(rows),
        column_largest(columns, kLowest),
        column_sum(columns, 0.f) {}

  std::vector<float> row_largest, row_sum;
  std::vector<float> column_largest, column_sum;
  std::vector<Candidate> candidates;  // unordered
};

std::vector<float> logarithms(std::vector<float> values) {
  for (float& value : values) value = std::log(value);
  return values;
}

// Computes S [rows, columns] a few rows at a time and calls `use(first row, tile)` for each tile.
template <typename Use>
void for_each_tile(const at::Tensor& first, const at::Tensor& second, double temperature,
                   Use&& use) {
  const std::int64_t rows = first.size(0);
  const at::Tensor scaled = (first / (first.size(1) * temperature)).contiguous();
  const PairProducts products(second.contiguous());
  const at::Tensor room = at::empty({std::min(kTileRows, rows), second.size(0)}, first.options());
  for (std::int64_t begin = 0; begin < rows; begin += kTileRows) {
    end_if_stopped();
    const std::int64_t count = std::min(kTileRows, rows - begin);
    at::Tensor tile = room.narrow(0, 0, count);
    products(scaled.narrow(0, begin, count).const_data_ptr<float>(), count,
             tile.mutable_data_ptr<float>());
    use(begin, tile);
  }
}

void find_candidates(const float* row, std::int64_t count, float floor, std::int64_t index,
                     std::vector<Candidate>& found) {
  for (std::int64_t j = 0; j < count; j++) {
    if (row[j] > floor) found.push_back({index, j, row[j]});
  }
}

// `log_threshold` applies to one softmax; +infinity: collect no candidates.
Pass first_pass(const at::Tensor& first, const at::Tensor& second, double temperature,
                float log_threshold) {
  const std::int64_t columns = second.size(0);
  Pass pass(first.size(0), columns);
  std::mutex mutex;
  for_each_tile(first, second, temperature, [&](std::int64_t begin, const at::Tensor& tile) {
    const float* s = tile.const_data_ptr<float>();
    parallel_for(tile.size(0), 16, [&](std::int64_t from, std::int64_t to) {
      std::vector<Candidate> found;
      for (std::int64_t r = from; r < to; r++) {
        const float* row = s + r * columns;
        const Softmax softmax = row_softmax(row, columns);
        pass.row_largest[begin + r] = softmax.largest;
        pass.row_sum[begin + r] = softmax.sum;
        const float floor = softmax.largest + (std::log(softmax.sum) + log_threshold);
        if (floor < softmax.largest) find_candidates(row, columns, floor, begin + r, found);
      }
      const std::lock_guard lock(mutex);
      pass.candidates.insert(pass.candidates.end(), found.begin(), found.end());
    });
    const std::int64_t tasks = (columns + kColumnsPerTask - 1) / kColumnsPerTask;
    parallel_for(tasks, 1, [&](std::int64_t from, std::int64_t to) {
      for (std::int64_t task = from; task < to; task++) {
        const std::int64_t j = task * kColumnsPerTask;
        add_columns(s + j, tile.size(0), columns, std::min(kColumnsPerTask, columns - j),
                    &pass.column_largest[j], &pass.column_sum[j]);
      }
    });
  });
  return pass;
}

struct Best {
  std::int64_t partner = -1;
  double log_confidence = kLowest;

  void offer(std::int64_t other, double value) {
    if (value > log_confidence) {
      log_confidence = value;
      partner = other;
    }
  }
};

// The pairs that are each other's best and above the threshold.
std::vector<CoarseMatch> mutual(const std::vector<Best>& rows, const std::vector<double>& columns,
                                double threshold) {
  std::vector<CoarseMatch> matches;
  for (std::size_t i = 0; i < rows.size(); i++) {
    const Best& best = rows[i];
    if (best.partner < 0 || best.log_confidence != columns[best.partner]) continue;
    const auto confidence = static_cast<float>(std::exp(best.log_confidence));
    if (confidence > threshold) {
      matches.push_back({static_cast<std::int64_t>(i), best.partner, confidence});
    }
  }
  return matches;
}

std::vector<CoarseMatch> match_candidates(Pass& pass, double threshold) {
  std::vector<Best> rows(pass.row_sum.size());
  std::vector<double> columns(pass.column_sum.size(), kLowest);
  std::sort(pass.candidates.begin(), pass.candidates.end(), [](const auto& a, const auto& b) {
    return a.row != b.row ? a.row < b.row : a.column < b.column;
  });
  for (const Candidate& c : pass.candidates) {
    const double value =
        (static_cast<double>(c.similarity) - pass.row_largest[c.row]) +
        (static_cast<double>(c.similarity) - pass.column_largest[c.column]) -
        std::log(static_cast<double>(pass.row_sum[c.row]) * pass.column_sum[c.column]);
    rows[c.row].offer(c.column, value);
    columns[c.column] = std::max(columns[c.column], value);
  }
  return mutual(rows, columns, threshold);
}

// Logarithms of the sums of one softmax: of one row, or of each column.
struct LogSums {
  const float* largest;
  const float* rest;
};

// Replaces s by the logarithm of the confidence.
GSTTORCH_CPU_CLONES
void to_log_confidence(float* s, std::int64_t count, float row_largest, float row_rest,
                       LogSums columns, float* best) {
  for (std::int64_t j = 0; j < count; j++) {
    s[j] = ((s[j] - row_largest) + (s[j] - columns.largest[j])) - (row_rest + columns.rest[j]);
    best[j] = std::max(best[j], s[j]);
  }
}

std::vector<CoarseMatch> match_all(const Pass& pass, const at::Tensor& first,
                                   const at::Tensor& second, double temperature, double threshold) {
  const std::int64_t count = second.size(0);
  const std::vector<float> row_rest = logarithms(pass.row_sum);
  const std::vector<float> column_rest = logarithms(pass.column_sum);
  const LogSums sums = {pass.column_largest.data(), column_rest.data()};
  std::vector<Best> rows(row_rest.size());
  std::vector<double> columns(count, kLowest);
  std::mutex mutex;
  for_each_tile(first, second, temperature, [&](std::int64_t begin, const at::Tensor& tile) {
    float* s = tile.data_ptr<float>();
    parallel_for(tile.size(0), 16, [&](std::int64_t from, std::int64_t to) {
      std::vector<float> best(count, kLowest);
      for (std::int64_t r = from; r < to; r++) {
        float* row = s + r * count;
        to_log_confidence(row, count, pass.row_largest[begin + r], row_rest[begin + r], sums,
                          best.data());
        const float* top = std::max_element(row, row + count);
        rows[begin + r].offer(top - row, *top);
      }
      const std::lock_guard lock(mutex);
      for (std::int64_t j = 0; j < count; j++) columns[j] = std::max<double>(columns[j], best[j]);
    });
  });
  return mutual(rows, columns, threshold);
}

}  // namespace

std::vector<CoarseMatch> match_tokens(const at::Tensor& first, const at::Tensor& second,
                                      double temperature, double threshold) {
  threshold = std::max(threshold, 0.);
  if (!first.is_cpu() || first.scalar_type() != at::kFloat) {
    return mutual_matches(best_partners(first, second, temperature), threshold);
  }
  const bool few = threshold >= kFewCandidates;
  // Slightly below the threshold, so that rounding drops no candidate.
  const float floor =
      few ? static_cast<float>(std::log(threshold) - 1e-3) : std::numeric_limits<float>::infinity();
  Pass pass = first_pass(first, second, temperature, floor);
  return few ? match_candidates(pass, threshold)
             : match_all(pass, first, second, temperature, threshold);
}

BestPartners best_partners(const at::Tensor& first, const at::Tensor& second, double temperature,
                           std::int64_t rows) {
  const at::Tensor scaled = first / (first.size(1) * temperature);
  const auto similarity = [&](std::int64_t begin) {
    return at::mm(scaled.narrow(0, begin, std::min(rows, first.size(0) - begin)), second.t());
  };
  std::vector<at::Tensor> row_log_sums, partners, confidences;
  at::Tensor largest = at::full({second.size(0)}, kLowest, first.options());
  at::Tensor sum = at::zeros_like(largest);
  for (std::int64_t begin = 0; begin < first.size(0); begin += rows) {
    const at::Tensor s = similarity(begin);
    const at::Tensor row_largest = s.amax(1, true);
    row_log_sums.push_back((s - row_largest).exp().sum(1, true).log() + row_largest);
    const at::Tensor now = at::maximum(largest, s.amax(0));
    sum = sum * (largest - now).exp() + (s - now).exp().sum(0);
    largest = now;
  }
  const at::Tensor column_log_sum = sum.log() + largest;
  at::Tensor column_best = at::full({second.size(0)}, kLowest, first.options());
  for (std::int64_t begin = 0; begin < first.size(0); begin += rows) {
    const at::Tensor s = similarity(begin);
    const at::Tensor confidence = (2 * s - row_log_sums[begin / rows] - column_log_sum).exp();
    const auto [best, partner] = confidence.max(1);
    confidences.push_back(best);
    partners.push_back(partner);
    column_best = at::maximum(column_best, confidence.amax(0));
  }
  return {at::cat(partners), at::cat(confidences), column_best};
}

std::vector<CoarseMatch> mutual_matches(const BestPartners& best, double threshold) {
  const at::Tensor is_mutual = best.column_best.index_select(0, best.partner) == best.confidence;
  const at::Tensor partner = at::where(is_mutual, best.partner, -1).cpu();
  const at::Tensor confidence = best.confidence.to(at::kFloat).cpu();
  std::vector<CoarseMatch> matches;
  for (std::int64_t i = 0; i < partner.size(0); i++) {
    const CoarseMatch match = {i, partner.const_data_ptr<std::int64_t>()[i],
                               confidence.const_data_ptr<float>()[i]};
    if (match.second >= 0 && match.confidence > threshold) matches.push_back(match);
  }
  return matches;
}

}  // namespace gsttorch
