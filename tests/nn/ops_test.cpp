// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "lib/nn/ops/conv.h"
#include "lib/nn/ops/image.h"
#include "lib/nn/ops/norm.h"
#include "tests/nn/formula.h"

namespace gsttorch {
namespace {

float largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<float>();
}

struct ConvCase {
  std::int64_t in, out, kh, kw, stride;
};

class ConvTest : public testing::TestWithParam<ConvCase> {};

TEST_P(ConvTest, packed_equals_plain) {
  const c10::InferenceMode guard;
  const auto [in, out, kh, kw, stride] = GetParam();
  const ConvGeometry geometry{{stride, stride}, {kh / 2, kw / 2}};
  const at::Tensor weight = formula::noise_tensor(1, {out, in, kh, kw}) / std::sqrt(in * kh * kw);
  for (const bool with_bias : {true, false}) {
    const at::Tensor bias = with_bias ? formula::noise_tensor(2, {out}) : at::Tensor();
    for (const Activation activation :
         {Activation::None, Activation::Relu, Activation::LeakyRelu}) {
      const Conv conv(weight, bias, geometry, activation);
      const at::Tensor x = formula::noise_tensor(3, {2, in, 21, 18});
      const at::Tensor y = conv(x);
      EXPECT_LT(largest_difference(y, conv.plain(x)), 1e-4);
      EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast));
      if (activation == Activation::LeakyRelu) continue;  // oneDNN cannot fuse it with a sum
      const at::Tensor other = formula::noise_tensor(4, y.sizes());
      EXPECT_LT(largest_difference(conv.plus(x, other), conv.plain(x, other)), 1e-4);
      EXPECT_GT(largest_difference(conv.plus(x, other), y), 0.01);
      const at::Tensor sum = other.contiguous(at::MemoryFormat::ChannelsLast).clone();
      EXPECT_LT(largest_difference(conv.plus_(x, sum), conv.plain(x, other)), 1e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, ConvTest,
                         testing::Values(ConvCase{3, 32, 7, 7, 2}, ConvCase{178, 192, 3, 3, 1},
                                         ConvCase{256, 128, 1, 5, 1}, ConvCase{256, 128, 5, 1, 1},
                                         ConvCase{196, 96, 1, 1, 1}, ConvCase{2, 64, 7, 7, 1},
                                         ConvCase{64, 96, 3, 3, 2}, ConvCase{32, 32, 3, 3, 1},
                                         ConvCase{96, 80, 3, 3, 1}));

TEST(InstanceNorm, equals_atens_also_far_from_zero) {
  const c10::InferenceMode guard;
  for (const float mean : {0.f, 100.f}) {
    at::Tensor x = (formula::noise_tensor(1, {2, 24, 37, 41}) + mean)
                       .contiguous(at::MemoryFormat::ChannelsLast);
    const at::Tensor want = at::instance_norm(x, {}, {}, {}, {}, true, 0.1, 1e-5, false);
    at::Tensor plain = x.clone(), relu = x.clone();
    instance_norm_(plain, false);
    instance_norm_(relu, true);
    EXPECT_LT(largest_difference(plain, want), 1e-3) << "mean " << mean;
    EXPECT_LT(largest_difference(relu, want.relu()), 1e-3);
  }
}

TEST(AddRelu, adds_in_place_and_clips) {
  const c10::InferenceMode guard;
  at::Tensor y = formula::noise_tensor(1, {1, 5, 6, 7}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor x =
      formula::noise_tensor(2, {1, 5, 6, 7}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor want = (y + x).relu();
  add_relu_(y, x);
  EXPECT_EQ(largest_difference(y, want), 0);
}

// An image in Y'CbCr 4:4:4 whose chroma is constant over 2x2 pixels, so that every subsampled
// format represents it exactly; 8-bit code values.
struct Source {
  int width, height;
  int y(int x, int row) const { return 16 + (x * 7 + row * 13) % 220; }
  int cb(int x, int row) const { return 100 + (x / 2 * 5 + row / 2 * 3) % 60; }
  int cr(int x, int row) const { return 160 - (x / 2 * 3 + row / 2 * 7) % 60; }
};

// One plane with rows of `stride` bytes; the padding between rows is garbage.
struct PlaneBytes {
  PlaneBytes(int stride, int rows) : stride(stride), bytes(stride * rows, 0xAB) {}
  int stride;
  std::vector<std::uint8_t> bytes;
  std::uint8_t* at(int x, int y) { return bytes.data() + y * stride + x; }
};

void store16(std::uint8_t* to, int value) {
  to[0] = static_cast<std::uint8_t>(value & 255);
  to[1] = static_cast<std::uint8_t>(value >> 8);
}

struct Image {
  ImageView view;
  std::vector<PlaneBytes> planes;
};

Image yuv_image(PixelFormat format, const Source& s) {
  constexpr int kSlack = 13;  // odd, so that nothing is aligned
  Image p;
  const int w = s.width, h = s.height, cw = (w + 1) / 2, ch = (h + 1) / 2;
  const auto plane = [&](int bytes, int rows) { p.planes.emplace_back(bytes + kSlack, rows); };
  const auto fill = [&](int index, int width, int rows, auto value) {
    for (int y = 0; y < rows; y++) {
      for (int x = 0; x < width; x++)
        *p.planes[index].at(x, y) = static_cast<std::uint8_t>(value(x, y));
    }
  };
  const auto luma = [&](int x, int y) { return s.y(x, y); };
  switch (format) {
    case PixelFormat::Y444:
      for (int i = 0; i < 3; i++) plane(w, h);
      fill(1, w, h, [&](int x, int y) { return s.cb(x, y); });
      fill(2, w, h, [&](int x, int y) { return s.cr(x, y); });
      fill(0, w, h, luma);
      break;
    case PixelFormat::Y42B:
    case PixelFormat::I420: {
      const bool full_height = format == PixelFormat::Y42B;
      const int rows = full_height ? h : ch, step = full_height ? 1 : 2;
      plane(w, h), plane(cw, rows), plane(cw, rows);
      fill(0, w, h, luma);
      fill(1, cw, rows, [&](int x, int y) { return s.cb(2 * x, step * y); });
      fill(2, cw, rows, [&](int x, int y) { return s.cr(2 * x, step * y); });
      break;
    }
    case PixelFormat::NV12:
      plane(w, h), plane(2 * cw, ch);
      fill(0, w, h, luma);
      fill(1, 2 * cw, ch,
           [&](int x, int y) { return x % 2 ? s.cr(x - 1, 2 * y) : s.cb(x, 2 * y); });
      break;
    case PixelFormat::YUY2:
    case PixelFormat::UYVY: {
      plane(4 * cw, h);
      const int first = format == PixelFormat::UYVY ? 1 : 0;  // offset of the first luma byte
      fill(0, 4 * cw, h, [&](int x, int y) {
        if (x % 2 == first) return s.y(x / 2, y);
        return x % 4 == 1 - first ? s.cb(x / 4 * 2, y) : s.cr(x / 4 * 2, y);
      });
      break;
    }
    case PixelFormat::I420_10LE:
      plane(2 * w, h), plane(2 * cw, ch), plane(2 * cw, ch);
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) store16(p.planes[0].at(2 * x, y), 4 * s.y(x, y));
      }
      for (int y = 0; y < ch; y++) {
        for (int x = 0; x < cw; x++) {
          store16(p.planes[1].at(2 * x, y), 4 * s.cb(2 * x, 2 * y));
          store16(p.planes[2].at(2 * x, y), 4 * s.cr(2 * x, 2 * y));
        }
      }
      break;
    case PixelFormat::P010_10LE:
      plane(2 * w, h), plane(4 * cw, ch);
      for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) store16(p.planes[0].at(2 * x, y), 4 * s.y(x, y) << 6);
      }
      for (int y = 0; y < ch; y++) {
        for (int x = 0; x < cw; x++) {
          store16(p.planes[1].at(4 * x, y), 4 * s.cb(2 * x, 2 * y) << 6);
          store16(p.planes[1].at(4 * x + 2, y), 4 * s.cr(2 * x, 2 * y) << 6);
        }
      }
      break;
    default:
      ADD_FAILURE() << "not a Y'CbCr format";
  }
  p.view.format = format;
  p.view.width = w;
  p.view.height = h;
  for (std::size_t i = 0; i < p.planes.size(); i++) {
    p.view.planes[i] = {p.planes[i].bytes.data(), p.planes[i].stride};
  }
  return p;
}

// ITU-R BT.601 / BT.709 as defined, in double precision.
std::array<double, 3> rgb_of(const Source& s, int x, int row, const ColorEncoding& color) {
  const double scale_y = color.full_range ? 255 : 219, scale_c = color.full_range ? 255 : 224;
  const double y = (s.y(x, row) - (color.full_range ? 0 : 16)) / scale_y;
  const double pb = (s.cb(x, row) - 128) / scale_c, pr = (s.cr(x, row) - 128) / scale_c;
  const double r = y + 2 * (1 - color.kr) * pr, b = y + 2 * (1 - color.kb) * pb;
  const double g = (y - color.kr * r - color.kb * b) / (1 - color.kr - color.kb);
  return {std::clamp(r, 0., 1.), std::clamp(g, 0., 1.), std::clamp(b, 0., 1.)};
}

void expect_image(const at::Tensor& got, const Source& s, const ColorEncoding& color,
                  double tolerance) {
  ASSERT_EQ(got.sizes().vec(), (std::vector<std::int64_t>{1, 3, s.height, s.width}));
  const at::Tensor values = got.contiguous();
  const float* p = values.const_data_ptr<float>();
  for (int y = 0; y < s.height; y++) {
    for (int x = 0; x < s.width; x++) {
      const auto want = rgb_of(s, x, y, color);
      for (int c = 0; c < 3; c++) {
        ASSERT_NEAR(p[(c * s.height + y) * s.width + x], want[c], tolerance)
            << "channel " << c << " at " << x << ", " << y;
      }
    }
  }
}

class YuvFormat : public testing::TestWithParam<PixelFormat> {};

TEST_P(YuvFormat, becomes_rgb_at_odd_sizes_any_stride_matrix_and_range) {
  const Source source{23, 17};
  for (const ColorEncoding color : {ColorEncoding{}, ColorEncoding{0.2126, 0.0722, false},
                                    ColorEncoding{0.2126, 0.0722, true}}) {
    Image image = yuv_image(GetParam(), source);
    image.view.color = color;
    // Full-range 10-bit code values end at 1023, which is not four times 255.
    const bool ten_bits =
        GetParam() == PixelFormat::I420_10LE || GetParam() == PixelFormat::P010_10LE;
    const double tolerance = ten_bits && color.full_range ? 0.01 : 1e-5;
    expect_image(image_to_tensor(image.view, {}), source, color, tolerance);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, YuvFormat,
                         testing::Values(PixelFormat::NV12, PixelFormat::I420, PixelFormat::Y42B,
                                         PixelFormat::Y444, PixelFormat::YUY2, PixelFormat::UYVY,
                                         PixelFormat::I420_10LE, PixelFormat::P010_10LE));

struct RgbLayout {
  PixelFormat format;
  int step, red, blue;
};

class RgbFormat : public testing::TestWithParam<RgbLayout> {};

TEST_P(RgbFormat, channels_stand_where_the_format_says) {
  const auto [format, step, red, blue] = GetParam();
  const int width = 5, height = 3, stride = width * step + 7;
  std::vector<std::uint8_t> bytes(stride * height, 0xCD);
  for (int i = 0; i < width * height; i++) {
    std::uint8_t* p = bytes.data() + i / width * stride + i % width * step;
    p[red] = static_cast<std::uint8_t>(10 + i);
    p[1] = static_cast<std::uint8_t>(100 + i);
    p[blue] = static_cast<std::uint8_t>(200 + i);
  }
  ImageView view{format, width, height, {}, {}};
  view.planes[0] = {bytes.data(), stride};
  const at::Tensor got = image_to_tensor(view, {{255, 255, 255}, {1, 2, 3}}).contiguous();
  for (int i = 0; i < width * height; i++) {
    EXPECT_NEAR(got.data_ptr<float>()[i], 11 + i, 1e-3);
    EXPECT_NEAR(got.data_ptr<float>()[15 + i], 102 + i, 1e-3);
    EXPECT_NEAR(got.data_ptr<float>()[30 + i], 203 + i, 1e-3);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Formats, RgbFormat,
    testing::Values(RgbLayout{PixelFormat::RGB, 3, 0, 2}, RgbLayout{PixelFormat::BGR, 3, 2, 0},
                    RgbLayout{PixelFormat::RGBx, 4, 0, 2}, RgbLayout{PixelFormat::BGRx, 4, 2, 0},
                    RgbLayout{PixelFormat::RGBA, 4, 0, 2}, RgbLayout{PixelFormat::BGRA, 4, 2, 0}));

TEST(GrayFormat, fills_all_channels_and_honours_its_range) {
  const std::vector<std::uint8_t> bytes{0, 16, 126, 235, 255};
  ImageView view{PixelFormat::GRAY8, 5, 1, {}, {}};
  view.planes[0] = {bytes.data(), 5};
  view.color.full_range = true;
  const at::Tensor full = image_to_tensor(view, {}).contiguous();
  view.color.full_range = false;
  const at::Tensor limited = image_to_tensor(view, {}).contiguous();
  for (int c = 0; c < 3; c++) {
    EXPECT_NEAR(full[0][c][0][2].item<float>(), 126 / 255., 1e-6);
    EXPECT_NEAR(limited[0][c][0][2].item<float>(), 110 / 219., 1e-6);
    EXPECT_EQ(limited[0][c][0][0].item<float>(), 0);
    EXPECT_EQ(limited[0][c][0][4].item<float>(), 1);
  }
}

TEST(Resize, keeps_pixel_centres_where_they_belong) {
  const c10::InferenceMode guard;
  // A ramp stays a ramp: the value at the new centre x is (x + 0.5) s - 0.5.
  const at::Tensor ramp = at::arange(32, at::kFloat).view({1, 1, 1, 32}).expand({1, 1, 4, 32});
  const at::Tensor half = resize(ramp.contiguous(), 2, 16);
  EXPECT_NEAR(half[0][0][0][7].item<float>(), 14.5, 1e-4);
  const at::Tensor twice = resize(ramp.contiguous(), 8, 64);
  EXPECT_NEAR(twice[0][0][0][20].item<float>(), 9.75, 1e-4);
}

}  // namespace
}  // namespace gsttorch
