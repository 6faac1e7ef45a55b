// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
//
// `quality` of the elements: which values it chooses, and that the user's own take precedence.
#include "lib/engine/quality.h"

#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/gst/gsttorchflowmeta.h"
#include "tests/support/formula.h"
#include "tests/support/gst_support.h"
#include "tests/support/loftr_model.h"
#include "tests/support/match_results.h"
#include "tests/support/paths.h"
#include "tests/support/small_model.h"
#include "tests/support/temp_directory.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kFrame = 40 * GST_MSECOND;

Ref<GstElement> make(const char* factory) {
  return Ref<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make(factory, nullptr))));
}

void set(const Ref<GstElement>& element, const char* property, const std::string& value) {
  gst_util_set_object_arg(G_OBJECT(element.get()), property, value.c_str());
}

std::string text(double number) {
  gchar written[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(written, sizeof written, "%g", number);
}
std::string text(bool value) { return value ? "true" : "false"; }

/// A property's value as people write it.
std::string get(const Ref<GstElement>& element, const char* property) {
  GValue value = G_VALUE_INIT;
  g_object_get_property(G_OBJECT(element.get()), property, &value);
  std::string found;
  if (G_VALUE_HOLDS_DOUBLE(&value)) {
    found = text(g_value_get_double(&value));
  } else {
    gchar* serialized = gst_value_serialize(&value);
    found = serialized;
    g_free(serialized);
  }
  g_value_unset(&value);
  return found;
}

/// A property that a preset sets, and a value that no preset has.
struct Chosen {
  const char* element;
  const char* property;
  std::string own;
  std::function<std::string(Quality)> preset;
};

std::string precision(Quality quality) {
  return std::string(name_of(preset_of(kModelPresets, quality).precision));
}

const std::vector<Chosen> kChosen = {
    {"raftflow", "iterations", "7",
     [](Quality q) { return std::to_string(preset_of(kFlowPresets, q).iterations); }},
    {"raftflow", "skip-identical", "false",
     [](Quality q) { return text(preset_of(kFlowPresets, q).skip_identical); }},
    {"raftflow", "precision", "fp32", precision},
    {"loftrmatch", "adaptive", "true",
     [](Quality q) { return text(preset_of(kMatchPresets, q).adaptive); }},
    {"loftrmatch", "token-pruning", "0.25",
     [](Quality q) { return text(preset_of(kMatchPresets, q).token_pruning); }},
    {"loftrmatch", "precision", "fp32", precision},
    {"scenedetect", "precision", "fp32", precision},
};
constexpr Quality kAll[] = {Quality::Exact, Quality::Balanced, Quality::Fast};

TEST(Quality, chooses_the_values_of_the_preset) {
  for (const Chosen& c : kChosen) {
    const auto element = make(c.element);
    EXPECT_EQ(get(element, c.property), c.preset(Quality::Exact)) << c.property;
    for (const Quality quality : kAll) {
      set(element, "quality", std::string(name_of(quality)));
      EXPECT_EQ(get(element, "quality"), name_of(quality));
      EXPECT_EQ(get(element, c.property), c.preset(quality)) << c.property;
    }
  }
}

TEST(Quality, leaves_a_property_alone_that_was_set_before_or_after_it) {
  for (const Chosen& c : kChosen) {
    const auto before = make(c.element), after = make(c.element);
    set(before, c.property, c.own);
    for (const Quality quality : kAll) {
      set(before, "quality", std::string(name_of(quality)));
      EXPECT_EQ(get(before, c.property), c.own) << c.property;
      set(after, "quality", std::string(name_of(quality)));
      set(after, c.property, c.own);
      EXPECT_EQ(get(after, c.property), c.own) << c.property;
    }
  }
}

TEST(Quality, leaves_a_property_alone_that_was_set_to_its_default) {
  for (const Chosen& c : kChosen) {
    const auto element = make(c.element);
    set(element, c.property, c.preset(Quality::Exact));
    set(element, "quality", "fast");
    EXPECT_EQ(get(element, c.property), c.preset(Quality::Exact)) << c.property;
  }
}

TEST(Quality, is_documented_with_the_values_of_the_presets) {
  for (const Chosen& c : kChosen) {
    std::string page = "docs/elements/", row = "| `";
    page.append(c.element).append(".md");
    row.append(c.property).append("` |");
    for (const Quality quality : kAll) row.append(" ").append(c.preset(quality)).append(" |");
    EXPECT_THAT(read_text(source_file(page)), testing::HasSubstr(row));
  }
}

TEST(Quality, refuses_an_unknown_word) {
  for (const char* factory : {"raftflow", "loftrmatch", "scenedetect"}) {
    GError* error = nullptr;
    GstElement* pipeline =
        gst_parse_launch((std::string(factory) + " quality=best").c_str(), &error);
    ASSERT_TRUE(error) << factory;
    EXPECT_TRUE(g_error_matches(error, GST_PARSE_ERROR, GST_PARSE_ERROR_COULD_NOT_SET_PROPERTY));
    g_error_free(error);
    if (pipeline) gst_object_unref(gst_object_ref_sink(pipeline));
  }
}

// --- raftflow

constexpr int kWidth = 50, kHeight = 32;  // rows of GRAY8 have two bytes of padding
constexpr char kCaps[] = "video/x-raw,format=GRAY8,framerate=25/1,width=50,height=32";

/// `shown`: which image; `padding`: the bytes after each row.
Ref<GstBuffer> frame(int index, int shown, guint8 padding = 0) {
  std::vector<guint8> pixels;
  for (int y = 0; y < kHeight; y++) {
    for (int x = 0; x < GST_ROUND_UP_4(kWidth); x++) {
      const auto pixel = static_cast<guint8>((x - 2 * shown) * 9 ^ y * 5);
      pixels.push_back(x < kWidth ? pixel : padding);
    }
  }
  Ref<GstBuffer> buffer = make_array(pixels);
  GST_BUFFER_PTS(buffer.get()) = index * kFrame;
  GST_BUFFER_DURATION(buffer.get()) = kFrame;
  return buffer;
}

using Properties = std::vector<std::pair<std::string, std::string>>;

class FlowElement {
 public:
  explicit FlowElement(const Properties& properties) : harness_(element_with(properties)) {
    harness_.set_caps(kCaps);
  }

  GstElement* element() const { return harness_.element(); }
  Ref<GstBuffer> push(Ref<GstBuffer> buffer) { return harness_.push_and_pull(std::move(buffer)); }
  Ref<GstBuffer> push(int index, int shown) { return push(frame(index, shown)); }

 private:
  static GstElement* element_with(const Properties& properties) {
    GstElement* element = gst_element_factory_make("raftflow", nullptr);
    g_object_set(element, "model", small_flow_model().c_str(), nullptr);
    for (const auto& [name, value] : properties) {
      gst_util_set_object_arg(G_OBJECT(element), name.c_str(), value.c_str());
    }
    return element;
  }

  Harness harness_;
};

GstTorchFlow flow_of(const Ref<GstBuffer>& buffer) {
  GstTorchFlow flow{};
  GstCustomMeta* meta = buffer ? gst_buffer_get_torch_flow_meta(buffer.get(), nullptr) : nullptr;
  EXPECT_TRUE(meta && gst_torch_flow_meta_read(meta, &flow));
  return flow;
}

/// The flow's bytes between the first two images.
std::vector<guint8> flow_with(const Properties& properties) {
  FlowElement flow(properties);
  flow.push(0, 0);
  const auto out = flow.push(1, 1);
  return bytes_of(flow_of(out).flow);
}

TEST(FlowQuality, exact_is_what_the_element_does_without_the_property) {
  const auto plain = flow_with({});
  EXPECT_EQ(flow_with({{"quality", "exact"}}), plain);
  EXPECT_EQ(flow_with({{"quality", "fast"}, {"iterations", "12"}, {"precision", "auto"}}), plain);
}

TEST(FlowQuality, each_preset_gives_another_flow_after_its_number_of_iterations) {
  std::vector<std::vector<guint8>> flows;
  for (const Quality quality : kAll) {
    FlowElement flow(Properties{{"quality", std::string(name_of(quality))}});
    flow.push(0, 0);
    const auto out = flow.push(1, 1);
    const guint iterations = static_cast<guint>(preset_of(kFlowPresets, quality).iterations);
    EXPECT_EQ(flow_of(out).iterations, iterations);
    EXPECT_EQ(stat(flow.element(), "iterations"), iterations);
    EXPECT_EQ(stat_text(flow.element(), "quality"), name_of(quality));
    EXPECT_EQ(stat_text(flow.element(), "precision"), "fp32");
    flows.push_back(bytes_of(flow_of(out).flow));
  }
  EXPECT_NE(flows[0], flows[1]);
  EXPECT_NE(flows[1], flows[2]);
  EXPECT_NE(flows[0], flows[2]);
}

TEST(FlowQuality, can_change_the_iterations_while_playing) {
  FlowElement flow(Properties{{"precision", "fp32"}});
  flow.push(0, 0);
  EXPECT_EQ(flow_of(flow.push(1, 1)).iterations, 12u);
  gst_util_set_object_arg(G_OBJECT(flow.element()), "quality", "fast");
  EXPECT_EQ(flow_of(flow.push(2, 2)).iterations, 6u);
}

TEST(SkipIdentical, gives_zero_flow_without_the_model) {
  FlowElement flow(Properties{{"skip-identical", "true"}, {"iterations", "2"}});
  flow.push(0, 0);
  const auto still = flow.push(frame(1, 0, 77));  // padding belongs to no pixel
  const GstTorchFlow zero = flow_of(still);
  EXPECT_EQ(zero.skipped, nullptr);
  EXPECT_EQ(zero.iterations, 0u);
  EXPECT_EQ(zero.max_magnitude, 0);
  EXPECT_EQ(zero.reference_pts, 0u);
  EXPECT_EQ(zero.format, GST_TORCH_FLOW_FORMAT_F32);
  EXPECT_EQ(bytes_of(zero.flow), std::vector<guint8>(kWidth * kHeight * 2 * sizeof(float), 0));
  EXPECT_EQ(stat(flow.element(), "identical-pairs"), 1u);
  EXPECT_EQ(stat(flow.element(), "pairs"), 0u);
}

TEST(SkipIdentical, leaves_the_flow_of_other_pairs_as_it_is) {
  const Properties two = {{"iterations", "2"}};
  const auto plain = flow_with(two);
  FlowElement flow(Properties{{"iterations", "2"}, {"skip-identical", "true"}});
  flow.push(0, 0);
  flow.push(1, 0);
  const auto moved = flow.push(2, 1);
  EXPECT_EQ(flow_of(moved).iterations, 2u);
  EXPECT_EQ(bytes_of(flow_of(moved).flow), plain);
  const auto still = flow.push(3, 1);
  EXPECT_EQ(flow_of(still).iterations, 0u);
  EXPECT_EQ(stat(flow.element(), "pairs"), 1u);
}

TEST(SkipIdentical, computes_a_pair_in_which_one_pixel_differs) {
  FlowElement flow(Properties{{"iterations", "2"}, {"skip-identical", "true"}});
  flow.push(0, 0);
  Ref<GstBuffer> other = frame(1, 0);
  gst_buffer_memset(other.get(), 700, 255, 1);
  EXPECT_EQ(flow_of(flow.push(std::move(other))).iterations, 2u);
}

TEST(SkipIdentical, is_off_by_default) {
  FlowElement flow(Properties{{"iterations", "2"}});
  flow.push(0, 0);
  EXPECT_EQ(flow_of(flow.push(1, 0)).iterations, 2u);
}

TEST(SkipIdentical, compares_the_two_frames_of_a_pair_not_neighbours) {
  FlowElement flow(Properties{{"iterations", "2"}, {"skip-identical", "true"}, {"lag", "2"}});
  flow.push(0, 0);
  flow.push(1, 1);
  EXPECT_EQ(flow_of(flow.push(2, 0)).iterations, 0u);  // as two frames before
  EXPECT_EQ(flow_of(flow.push(3, 0)).iterations, 2u);  // as the frame before
}

TEST(SkipIdentical, fills_all_arrays_that_were_asked_for) {
  FlowElement flow(
      Properties{{"skip-identical", "true"}, {"direction", "both"}, {"flow-format", "f16"}});
  flow.push(0, 0);
  const auto out = flow.push(1, 0);
  const GstTorchFlow zero = flow_of(out);
  EXPECT_EQ(zero.direction, GST_TORCH_FLOW_BOTH);
  EXPECT_EQ(zero.format, GST_TORCH_FLOW_FORMAT_F16);
  const std::vector<guint8> nothing(kWidth * kHeight * 2 * 2, 0);
  EXPECT_EQ(bytes_of(zero.flow), nothing);
  EXPECT_EQ(bytes_of(zero.backward_flow), nothing);
  const std::vector<guint8> bytes = bytes_of(zero.confidence);
  const auto* confidence = reinterpret_cast<const float*>(bytes.data());
  EXPECT_EQ(std::vector<float>(confidence, confidence + kWidth * kHeight),
            std::vector<float>(kWidth * kHeight, 1.f));
}

// --- loftrmatch

/// A texture that moves by 8 pixels to the left per frame.
Ref<GstBuffer> textured(int index) {
  std::vector<guint8> pixels;
  for (int y = 0; y < 128; y++) {
    for (int x = 0; x < 160; x++) {
      const auto square = static_cast<std::uint32_t>(y / 4 * 4096 + (x + 8 * index) / 4);
      pixels.push_back(static_cast<guint8>((formula::noise(1000, square) + 1) * 127));
    }
  }
  Ref<GstBuffer> buffer = make_array(pixels);
  GST_BUFFER_PTS(buffer.get()) = index * kFrame;
  GST_BUFFER_DURATION(buffer.get()) = kFrame;
  return buffer;
}

struct Matched {
  std::vector<float> rows;
  guint passes;  // 0: not adaptive
};

Matched match_with(const Properties& properties) {
  GstElement* element = gst_element_factory_make("loftrmatch", nullptr);
  g_object_set(element, "model", small_loftr_model().c_str(), "threshold", 0., nullptr);
  for (const auto& [name, value] : properties) {
    gst_util_set_object_arg(G_OBJECT(element), name.c_str(), value.c_str());
  }
  Harness harness(element);
  harness.set_caps(
      "video/x-raw,format=GRAY8,framerate=25/1,width=160,height=128,colorimetry=1:1:0:0");
  harness.push_and_pull(textured(0));
  const OwnedMatch match = result_of(harness.push_and_pull(textured(1)));
  return match ? Matched{rows_of(*match), match->passes} : Matched{};
}

TEST(MatchQuality, exact_is_what_the_element_does_without_the_property) {
  const Matched plain = match_with({});
  ASSERT_FALSE(plain.rows.empty());
  EXPECT_EQ(match_with({{"quality", "exact"}}).rows, plain.rows);
  const Properties own = {
      {"quality", "fast"}, {"adaptive", "false"}, {"token-pruning", "0"}, {"precision", "fp32"}};
  EXPECT_EQ(match_with(own).rows, plain.rows);
}

TEST(MatchQuality, each_preset_gives_what_its_values_give) {
  const Matched exact = match_with({});
  const Matched balanced = match_with({{"quality", "balanced"}});
  const Matched fast = match_with({{"quality", "fast"}});
  const Properties pruned = {{"token-pruning", "0.4"}, {"precision", "reduced"}};
  Properties adaptive = pruned;
  adaptive.emplace_back("adaptive", "true");
  EXPECT_EQ(balanced.rows, match_with(pruned).rows);
  EXPECT_EQ(fast.rows, match_with(adaptive).rows);
  EXPECT_NE(balanced.rows, exact.rows);
  EXPECT_EQ(balanced.passes, 0u);
  EXPECT_GT(fast.passes, 0u);
}

}  // namespace
}  // namespace gsttorch
