// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "lib/cpu/correlation_lookup.h"

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "lib/cpu/cpu_kernels.h"
#include "tests/cpu/noise.h"

namespace gsttorch {
namespace {

constexpr std::int64_t kHeight = 17, kWidth = 21, kDepth = 19, kPixels = 40;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

class LookupTest : public testing::TestWithParam<const CpuKernels*> {
 protected:
  void SetUp() override {
    features_ = noise(random_, kPixels * kDepth);
    std::int64_t height = kHeight, width = kWidth;
    for (int level = 0; level < LookupJob::kLevels; level++, height /= 2, width /= 2) {
      heights_[level] = height;
      widths_[level] = width;
      others_[level] = noise(random_, height * width * kDepth);
      // What surrounds a volume must not reach the result.
      volumes_[level].assign(kPixels * height * width + 2 * LookupJob::kMargin, kNan);
      float* volume = volumes_[level].data() + LookupJob::kMargin;
      for (std::int64_t i = 0; i < kPixels * height * width; i++) {
        double sum = 0;
        for (std::int64_t d = 0; d < kDepth; d++) {
          sum += double{features_[i / (height * width) * kDepth + d]} *
                 others_[level][i % (height * width) * kDepth + d];
        }
        volume[i] = static_cast<float>(sum);
      }
    }
    std::uniform_real_distribution<float> beyond(-8, 30);
    for (std::int64_t p = 0; p < kPixels; p++) {
      points_.push_back(beyond(random_));
      points_.push_back(beyond(random_));
    }
    const float far[] = {kNan, 1e9F, -1e9F, 1e5F, -1e5F};
    for (int i = 0; i < 5; i++) points_[2 * i + i % 2] = far[i];
  }

  LookupJob job(int radius, bool on_the_fly) {
    LookupJob job{};
    job.radius = radius;
    job.depth = kDepth;
    if (on_the_fly) job.features = features_.data();
    for (int level = 0; level < LookupJob::kLevels; level++) {
      const float* volume = volumes_[level].data() + LookupJob::kMargin;
      job.levels[level] = {on_the_fly ? others_[level].data() : volume, heights_[level],
                           widths_[level]};
    }
    job.x = points_.data();
    job.y = points_.data() + 1;
    job.step = 2;
    job.out_step = job.channels() + 1;
    return job;
  }

  std::vector<float> looked_up(const LookupJob& job) {
    std::vector<float> out(kPixels * job.out_step, -7);
    kernels_.look_up(job, 0, 3, out.data());
    kernels_.look_up(job, 3, kPixels, out.data() + 3 * job.out_step);
    return out;
  }

  // The bilinear sample of a pixel's plane, zero outside.
  double sample(int level, std::int64_t pixel, double x, double y) {
    const auto at = [&](double column, double row) -> double {
      if (column < 0 || column >= widths_[level] || row < 0 || row >= heights_[level]) return 0;
      const auto index =
          (pixel * heights_[level] + static_cast<std::int64_t>(row)) * widths_[level] +
          static_cast<std::int64_t>(column);
      return volumes_[level][LookupJob::kMargin + index];
    };
    const double left = std::floor(x), top = std::floor(y), fx = x - left, fy = y - top;
    return (at(left, top) * (1 - fx) + at(left + 1, top) * fx) * (1 - fy) +
           (at(left, top + 1) * (1 - fx) + at(left + 1, top + 1) * fx) * fy;
  }

  void expect_definition(const LookupJob& job, const std::vector<float>& out) {
    const int side = 2 * job.radius + 1;
    for (std::int64_t p = 0; p < kPixels; p++) {
      for (int level = 0; level < LookupJob::kLevels; level++) {
        const double x = points_[2 * p] / (1 << level), y = points_[2 * p + 1] / (1 << level);
        for (int i = 0; i < side * side; i++) {
          const int dx = job.by_columns ? i / side : i % side;
          const int dy = job.by_columns ? i % side : i / side;
          const bool is_near = std::abs(x) < 1e6 && std::abs(y) < 1e6;
          const double expected =
              is_near ? sample(level, p, x + dx - job.radius, y + dy - job.radius) : 0;
          ASSERT_NEAR(out[p * job.out_step + level * side * side + i], expected, 2e-4)
              << "pixel " << p << " at " << x << ", " << y << ", level " << level << ", value "
              << i;
        }
      }
      ASSERT_EQ(out[p * job.out_step + job.channels()], -7) << "written beyond the windows";
    }
  }

  const CpuKernels& kernels_ = *GetParam();
  std::mt19937 random_{13};
  std::vector<float> features_, points_;
  std::vector<float> others_[LookupJob::kLevels], volumes_[LookupJob::kLevels];
  std::int64_t heights_[LookupJob::kLevels]{}, widths_[LookupJob::kLevels]{};
};

TEST_P(LookupTest, equals_the_definition_of_bilinear_windows) {
  for (const int radius : {1, 3, 4, 6}) {
    for (const bool on_the_fly : {false, true}) {
      LookupJob rows = job(radius, on_the_fly), columns = rows;
      columns.by_columns = true;
      expect_definition(rows, looked_up(rows));
      expect_definition(columns, looked_up(columns));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, LookupTest, testing::ValuesIn(all_cpu_kernels()),
                         [](const auto& info) { return std::string(info.param->name); });

}  // namespace
}  // namespace gsttorch
