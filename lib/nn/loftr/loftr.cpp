// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/nn/loftr/loftr.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

#include "lib/nn/base/device.h"
#include "lib/nn/base/failure.h"
#include "lib/nn/base/stop_scope.h"
#include "lib/nn/loftr/grid_suppression.h"
#include "lib/nn/loftr/position_encoding.h"
#include "lib/nn/loftr/token_pruning.h"
#include "lib/nn/loftr/windows.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kRoundMatches = 16;  // few chunk sizes: each costs a set-up
constexpr std::int64_t kSimilarityRowsOnGpu = 2048;
constexpr std::size_t kOneBand = std::size_t{1} << 40;

// Tokens [1, C, h, w] of one image as rows [h w, C].
at::Tensor rows_of(const at::Tensor& tokens) {
  return tokens.permute({0, 2, 3, 1}).reshape({-1, tokens.size(1)});
}

at::Tensor join(const std::vector<at::Tensor>& parts) {
  return parts.size() == 1 ? parts.front() : at::cat(parts);
}

bool same_sizes(std::span<const Loftr::ImagePair> pairs) {
  const auto fits = [&](const Loftr::ImagePair& pair) {
    return pair.first->tokens().sizes() == pairs.front().first->tokens().sizes() &&
           pair.second->tokens().sizes() == pairs.front().second->tokens().sizes();
  };
  return std::all_of(pairs.begin(), pairs.end(), fits);
}

// Pixels of the fine map at the coarse tokens.
struct Centres {
  std::vector<std::int64_t> rows, columns;
};

Centres centres_of(std::span<const std::int64_t> tokens, std::int64_t width) {
  Centres centres;
  for (const std::int64_t token : tokens) {
    centres.rows.push_back(token / width * LoftrConfig::kFinePerCoarse);
    centres.columns.push_back(token % width * LoftrConfig::kFinePerCoarse);
  }
  return centres;
}

// The tokens of one side, padded with the first one to `count`.
std::vector<std::int64_t> side_of(std::span<const CoarseMatch> matches,
                                  std::int64_t CoarseMatch::*side, std::int64_t count) {
  std::vector<std::int64_t> tokens;
  for (const CoarseMatch& match : matches) tokens.push_back(match.*side);
  tokens.resize(count, tokens.front());
  return tokens;
}

std::int64_t rounded(std::int64_t count, std::int64_t most) {
  return std::min(most, (count + kRoundMatches - 1) / kRoundMatches * kRoundMatches);
}

// Rounds to few sizes, because each one is recorded: powers of two and the numbers midway between.
std::int64_t rounded_on_gpu(std::int64_t count, std::int64_t most) {
  std::int64_t size = 128;
  while (size < count) size += (size & (size - 1)) == 0 ? size / 2 : size / 3;
  return std::min(most, size);
}

// The number of matches whose fine stage takes some hundred megabytes.
std::int64_t chunk_on_gpu(std::int64_t channels) {
  constexpr std::int64_t kChannels = 1 << 17;
  return std::max<std::int64_t>(1, kChannels / channels);
}

at::Tensor select_rows(const at::Tensor& rows, const std::vector<std::int64_t>& index) {
  return at::index(rows, {at::tensor(index, at::kLong).to(rows.device())});
}

}  // namespace

Loftr::Loftr(const ModuleWeights& weights, const LoftrConfig& config)
    : graphs_(weights.device()),
      config_(config),
      backbone_(weights / "backbone", config),
      transformer_(weights / "loftr_coarse", backbone_.coarse_channels(), config.coarse_layers,
                   config) {
  if (config.has_fine()) {
    fine_.emplace(weights, backbone_.coarse_channels(), backbone_.fine_channels(), config);
  }
}

std::shared_ptr<const Loftr::Image> Loftr::encode(const at::Tensor& image) const {
  auto encoded = std::make_shared<Image>();
  const GraphCache::Tensors made =
      graphs_.run("encode", {image}, [&](const GraphCache::Tensors& in) -> GraphCache::Tensors {
        LoftrBackbone::Maps maps = backbone_(in[0]);
        const at::Tensor& coarse = maps.coarse;
        const at::Tensor positions =
            position_encoding(coarse.size(1), coarse.size(2), coarse.size(3),
                              config_.fixed_encoding, coarse.device());
        const at::Tensor tokens = transformer_.first(coarse.to(at::kFloat) + positions);
        if (!fine_) return {tokens};
        return {tokens, coarse, maps.middle_lateral, maps.fine_lateral};
      });
  encoded->tokens_ = made[0];
  if (fine_) {
    encoded->coarse_ = made[1];
    encoded->middle_lateral_ = made[2];
    encoded->fine_lateral_ = made[3];
  }
  for (const at::Tensor& kept :
       {encoded->tokens_, encoded->coarse_, encoded->middle_lateral_, encoded->fine_lateral_}) {
    if (kept.defined()) encoded->bytes_ += kept.nbytes();
  }
  return encoded;
}

Loftr::CoarseTokens Loftr::coarse_tokens(std::span<const ImagePair> pairs,
                                         double token_pruning) const {
  CoarseTokens coarse;
  std::vector<at::Tensor> first, second;
  const auto add = [&](const Image& encoded, std::vector<at::Tensor>& tokens,
                       std::vector<at::Tensor>& cells) {
    tokens.push_back(encoded.tokens());
    if (token_pruning <= 0) return;
    cells.push_back(strongest_cells(encoded.tokens(), token_pruning, LoftrConfig::kBorder));
    tokens.back() = gather_cells(encoded.tokens(), cells.back());
  };
  for (const ImagePair& pair : pairs) {
    add(*pair.first, first, coarse.first);
    add(*pair.second, second, coarse.second);
  }
  const GraphCache::Tensors made =
      graphs_.run("coarse", {join(first), join(second)}, [&](const GraphCache::Tensors& in) {
        const LoftrTransformer::Pair pair = transformer_.rest({in[0], in[1]});
        return GraphCache::Tensors{pair.x0, pair.x1};
      });
  coarse.tokens = {made[0], made[1]};
  return coarse;
}

std::vector<CoarseMatch> Loftr::coarse_matches(const LoftrTransformer::Pair& tokens,
                                               double threshold) const {
  const at::Tensor first = rows_of(tokens.x0), second = rows_of(tokens.x1);
  if (!first.is_cuda()) {
    return match_tokens(first, second, LoftrConfig::kTemperature, threshold);
  }
  const GraphCache::Tensors made =
      graphs_.run("partners", {first, second}, [](const GraphCache::Tensors& in) {
        const BestPartners best =
            best_partners(in[0], in[1], LoftrConfig::kTemperature, kSimilarityRowsOnGpu);
        return GraphCache::Tensors{best.partner, best.confidence, best.column_best};
      });
  return mutual_matches({made[0], made[1], made[2]}, std::max(threshold, 0.));
}

// Drops matches in the outermost cells, whose windows would partly lie outside the image.
void Loftr::limit(std::vector<CoarseMatch>& matches, const ImagePair& pair,
                  const Options& options) const {
  std::erase_if(matches, [&](const CoarseMatch& match) {
    return !pair.first->grid().is_inside(match.first, LoftrConfig::kBorder) ||
           !pair.second->grid().is_inside(match.second, LoftrConfig::kBorder);
  });
  grid_suppress(matches, pair.first->grid().width, options.spacing);
  const std::size_t most = options.max_matches;
  if (most == 0 || matches.size() <= most) return;
  const auto more_confident = [](const CoarseMatch& a, const CoarseMatch& b) {
    return a.confidence != b.confidence ? a.confidence > b.confidence : a.first < b.first;
  };
  std::nth_element(matches.begin(), matches.begin() + most, matches.end(), more_confident);
  matches.resize(most);
  std::sort(matches.begin(), matches.end(),
            [](const CoarseMatch& a, const CoarseMatch& b) { return a.first < b.first; });
}

Loftr::Matches Loftr::match_one(const ImagePair& pair, const CoarseTokens& coarse,
                                std::size_t index, const Options& options) const {
  const auto at = static_cast<std::int64_t>(index);
  LoftrTransformer::Pair tokens = {coarse.tokens.x0.narrow(0, at, 1),
                                   coarse.tokens.x1.narrow(0, at, 1)};
  Matches matches;
  matches.coarse = coarse_matches(tokens, options.threshold);
  end_if_stopped();
  if (!coarse.first.empty()) {
    const at::Tensor &first = coarse.first[index], &second = coarse.second[index];
    to_cells(matches.coarse, first, second);
    tokens = {put_cells(tokens.x0, first, pair.first->grid()),
              put_cells(tokens.x1, second, pair.second->grid())};
  }
  limit(matches.coarse, pair, options);
  matches.offsets = fine_offsets(pair, tokens, matches.coarse, options).cpu();
  return matches;
}

std::vector<Loftr::Matches> Loftr::match(std::span<const ImagePair> pairs,
                                         const Options& options) const {
  const StopScope scope(options.stop);
  std::vector<Matches> all;
  if (pairs.empty()) return all;
  if (!same_sizes(pairs)) {
    for (const ImagePair& pair : pairs) {
      all.push_back(std::move(match(std::span(&pair, 1), options).front()));
    }
    return all;
  }
  const CoarseTokens coarse = coarse_tokens(pairs, options.token_pruning);
  for (std::size_t i = 0; i < pairs.size(); i++) {
    end_if_stopped();
    all.push_back(match_one(pairs[i], coarse, i, options));
  }
  return all;
}

// Windows overlap and need wide margins, so many of them cost more than the whole map; and each
// image of a stream is used twice, as the later and as the earlier one (hence the factor 2).
Loftr::FineMaps Loftr::fine_maps(const Image& encoded, std::size_t windows,
                                 const Options& options) const {
  const std::lock_guard lock(encoded.mutex_);
  if (encoded.fine_.defined()) return {encoded.fine_, {}, {}};
  const bool on_gpu = encoded.coarse_.is_cuda() || encoded.middle_.is_cuda();
  const std::size_t band_bytes = on_gpu ? kOneBand : options.band_bytes;
  if (!encoded.middle_.defined()) {
    encoded.middle_ =
        backbone_.middle().dense(encoded.middle_lateral_, encoded.coarse_, band_bytes);
    wait_for_work(encoded.middle_.device());  // another stream may reuse the memory released below
    encoded.middle_lateral_.reset();
    encoded.coarse_.reset();
  }
  const LoftrMerge& merge = backbone_.fine();
  const at::Tensor& lateral = encoded.fine_lateral_;
  const double map_cost = lateral.size(2) * lateral.size(3) * merge.dense_cost();
  if (!on_gpu && 2. * windows * merge.window_cost(LoftrConfig::kWindow) < map_cost) {
    return {{}, lateral, encoded.middle_};
  }
  encoded.fine_ = merge.dense(lateral, encoded.middle_, band_bytes);
  wait_for_work(lateral.device());  // the next thread to use it may work on another stream
  encoded.fine_lateral_.reset();
  encoded.middle_.reset();
  return {encoded.fine_, {}, {}};
}

at::Tensor Loftr::windows_of(const FineMaps& maps, std::span<const std::int64_t> tokens,
                             std::int64_t grid_width) const {
  constexpr std::int64_t kSide = LoftrConfig::kWindow;
  const Centres at = centres_of(tokens, grid_width);
  if (maps.map.defined()) return gather_windows(maps.map, at.rows, at.columns, kSide);
  return backbone_.fine().windows(maps.lateral, maps.middle, at.rows, at.columns, kSide);
}

// Refines one chunk, whose tokens are `index` [2, M] on the device. Returns [M, 2].
at::Tensor Loftr::refine_on_gpu(const GraphCache::Tensors& maps_and_tokens, const at::Tensor& index,
                                std::int64_t width0, std::int64_t width1) const {
  const auto side = [&](std::size_t i, std::int64_t width) -> LoftrFine::Side {
    const at::Tensor tokens = index.select(0, static_cast<std::int64_t>(i));
    const at::Tensor row = at::div(tokens, width, "floor");
    const at::Tensor column = tokens - row * width;
    return {gather_windows(maps_and_tokens[i], row * LoftrConfig::kFinePerCoarse,
                           column * LoftrConfig::kFinePerCoarse, LoftrConfig::kWindow),
            at::index(maps_and_tokens[2 + i], {tokens})};
  };
  return (*fine_)(side(0, width0), side(1, width1));
}

// Uses whole maps and many matches at once: few large operations, recorded for each chunk size.
at::Tensor Loftr::fine_offsets_on_gpu(const ImagePair& pair, const LoftrTransformer::Pair& tokens,
                                      std::span<const CoarseMatch> matches,
                                      const Options& options) const {
  const std::int64_t width0 = pair.first->grid().width, width1 = pair.second->grid().width;
  const auto count = static_cast<std::int64_t>(matches.size());
  const std::int64_t chunk = chunk_on_gpu(backbone_.fine_channels());
  const GraphCache::Tensors shared = {fine_maps(*pair.first, count, options).map,
                                      fine_maps(*pair.second, count, options).map,
                                      rows_of(tokens.x0), rows_of(tokens.x1)};
  const std::string name = "fine " + std::to_string(width0) + ' ' + std::to_string(width1);
  const double half_window = static_cast<double>(LoftrConfig::kWindow / 2 * config_.fine_stride());
  std::vector<at::Tensor> parts;
  for (std::int64_t begin = 0; begin < count; begin += chunk) {
    end_if_stopped();
    const std::int64_t size = std::min(chunk, count - begin);
    const std::int64_t padded = rounded_on_gpu(size, chunk);
    std::vector<std::int64_t> index =
        side_of(matches.subspan(begin, size), &CoarseMatch::first, padded);
    const auto second = side_of(matches.subspan(begin, size), &CoarseMatch::second, padded);
    index.insert(index.end(), second.begin(), second.end());
    GraphCache::Tensors in = shared;
    in.push_back(at::tensor(index, at::kLong).view({2, padded}).to(tokens.x0.device()));
    const auto made = graphs_.run(name, in, [&](const GraphCache::Tensors& t) {
      return GraphCache::Tensors{refine_on_gpu(t, t[4], width0, width1)};
    });
    parts.push_back(made[0].narrow(0, 0, size).mul(half_window));
  }
  return join(parts);
}

at::Tensor Loftr::fine_offsets(const ImagePair& pair, const LoftrTransformer::Pair& tokens,
                               std::span<const CoarseMatch> matches, const Options& options) const {
  const auto count = static_cast<std::int64_t>(matches.size());
  at::Tensor offsets = at::zeros({count, 2}, tokens.x0.options().memory_format(std::nullopt));
  if (!fine_ || matches.empty()) return offsets;
  if (offsets.is_cuda()) return fine_offsets_on_gpu(pair, tokens, matches, options);
  const FineMaps maps0 = fine_maps(*pair.first, matches.size(), options);
  const FineMaps maps1 = fine_maps(*pair.second, matches.size(), options);
  const at::Tensor rows0 = rows_of(tokens.x0), rows1 = rows_of(tokens.x1);
  const double half_window = static_cast<double>(LoftrConfig::kWindow / 2 * config_.fine_stride());
  for (std::int64_t begin = 0; begin < count; begin += options.chunk) {
    end_if_stopped();
    const auto chunk = matches.subspan(begin, std::min(options.chunk, count - begin));
    const auto size = static_cast<std::int64_t>(chunk.size());
    const std::int64_t padded = rounded(size, options.chunk);
    const auto side0 = side_of(chunk, &CoarseMatch::first, padded);
    const auto side1 = side_of(chunk, &CoarseMatch::second, padded);
    const LoftrFine::Side first = {windows_of(maps0, side0, pair.first->grid().width),
                                   select_rows(rows0, side0)};
    const LoftrFine::Side second = {windows_of(maps1, side1, pair.second->grid().width),
                                    select_rows(rows1, side1)};
    const at::Tensor found = (*fine_)(first, second).narrow(0, 0, size);
    offsets.narrow(0, begin, size).copy_(found.mul(half_window));
  }
  return offsets;
}

Loftr::Bytes Loftr::bytes(ImageSize image, std::int64_t pairs, std::int64_t chunk) const {
  const auto maps = [](std::int64_t pixels, std::int64_t channels) {
    return static_cast<std::size_t>(pixels * channels) * sizeof(float);
  };
  const auto backbone_maps = [this](std::int64_t pixels, std::int64_t channels) {
    return static_cast<std::size_t>(pixels * channels) * at::elementSize(backbone_.type());
  };
  const std::int64_t pixels = image.height * image.width;
  const std::int64_t cells = pixels / (stride() * stride());
  const std::int64_t coarse = backbone_.coarse_channels();
  const std::int64_t fine = backbone_.fine_channels(), middle = backbone_.middle_channels();
  const std::size_t lateral = backbone_maps(16 * cells, fine),
                    middle_map = backbone_maps(4 * cells, middle);
  const std::size_t tokens = maps(cells, coarse);
  Bytes bytes;
  bytes.encoded = tokens + (fine_ ? backbone_maps(cells, coarse) + lateral + middle_map : 0);
  // Half-size maps: a block needs its input and the data between its convolutions. The last step is
  // a transformer layer, in addition to all tensors that are kept.
  bytes.encode = std::max(backbone_maps(pixels / 4, 2 * backbone_.stem_channels()),
                          bytes.encoded + 8 * tokens);
  const std::size_t layers = 12 * tokens * pairs;
  const std::size_t matching = 5 * tokens * pairs + maps(cells, 192) + maps(cells, 16);
  bytes.match = std::max(layers, matching);
  if (!fine_) return bytes;
  const LoftrMerge& merge = backbone_.fine();
  const std::size_t window = backbone_maps(81, 2 * merge.inner_channels() + fine) +
                             backbone_maps(49, merge.inner_channels()) + maps(25, 18 * fine);
  // A band is at least 12 rows.
  const std::size_t band =
      std::max(kBandBytes, backbone_maps(12 * image.width / 2, 2 * merge.inner_channels() + fine));
  const std::size_t maps_made =
      std::max(lateral + std::min(band, lateral * 4), 2 * chunk * window + (std::size_t{1} << 20));
  bytes.match = std::max(bytes.match, 5 * tokens * pairs + middle_map + maps_made);
  return bytes;
}

}  // namespace gsttorch
