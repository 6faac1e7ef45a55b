// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/analysisoverlay/perf_line.h"

#include <algorithm>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "lib/base/format.h"
#include "lib/gst/util/ref.h"

namespace gsttorch {
namespace {

constexpr std::uint64_t kRefreshEvery = 500'000'000;  // ns
constexpr std::size_t kMostStages = 3;
constexpr double kLeastBusy = 0.05;  // of the time; stages below are not listed
constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kFontHeight = 22;  // pixels at scale 1
constexpr double kLeastHeight = 9;  // pixels
constexpr int kMargin = 4;          // pixels
constexpr double kDimmed = 0.25;    // brightness of the image behind the text

std::optional<double> number(const GstStructure* s, const char* field) {
  double real = 0;
  guint64 whole = 0;
  if (s && gst_structure_get_double(s, field, &real)) return real;
  if (s && gst_structure_get_uint64(s, field, &whole)) return static_cast<double>(whole);
  return std::nullopt;
}

const GstStructure* inner(const GstStructure* s, const char* field) {
  const GValue* value = gst_structure_get_value(s, field);
  return value && GST_VALUE_HOLDS_STRUCTURE(value) ? gst_value_get_structure(value) : nullptr;
}

std::vector<const GstStructure*> entries(const GstStructure* s, const char* field) {
  std::vector<const GstStructure*> all;
  const GValue* list = gst_structure_get_value(s, field);
  if (!list || !GST_VALUE_HOLDS_LIST(list)) return all;
  for (guint i = 0; i < gst_value_list_get_size(list); i++) {
    const GValue* value = gst_value_list_get_value(list, i);
    if (GST_VALUE_HOLDS_STRUCTURE(value)) all.push_back(gst_value_get_structure(value));
  }
  return all;
}

/// Returns the elements that use the most time, the busiest first: "raftflow0 31.2 ms".
std::vector<std::string> stage_texts(const GstStructure* stats) {
  auto elements = entries(stats, "elements");
  const auto busy = [](const GstStructure* element) { return number(element, "busy").value_or(0); };
  std::stable_sort(elements.begin(), elements.end(),
                   [&](const auto* a, const auto* b) { return busy(a) > busy(b); });
  std::vector<std::string> texts;
  for (const GstStructure* element : elements) {
    const GstStructure* processing = inner(element, "processing");
    const char* name = gst_structure_get_string(element, "name");
    if (texts.size() == kMostStages || busy(element) < kLeastBusy) break;
    if (!processing || !name) continue;
    texts.push_back(std::string(name) +
                    format(" %.1f ms", number(processing, "p50").value_or(0) / 1e6));
  }
  return texts;
}

void add_usage(const GstStructure* stats, std::vector<std::string>& parts) {
  const GstStructure* process = inner(stats, "process");
  if (const auto percent = number(process, "cpu-percent")) {
    parts.push_back(format("CPU %.0f %%", *percent));
  }
  if (const auto rss = number(process, "rss")) parts.push_back(format("%.0f MiB", *rss / 1048576));
  for (const GstStructure* gpu : entries(stats, "gpu")) {
    if (const auto percent = number(gpu, "utilization-percent")) {
      parts.push_back(format("GPU %.0f %%", *percent));
    }
  }
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text.append(text.empty() ? "" : " | ").append(part);
  return text;
}

/// A thirtieth of the image's height, but large enough to read, and never wider than the image.
double text_scale(const std::string& text, const cv::Size& image) {
  const double scale = std::max(image.height / 30.0, kLeastHeight) / kFontHeight;
  const int width = cv::getTextSize(text, kFont, scale, 1, nullptr).width;
  const int room = std::max(image.width - 2 * kMargin, 1);
  return width > room ? scale * room / width : scale;
}

Ref<GstObject> pipeline_of(GstElement* element) {
  auto top = Ref<GstObject>::share(GST_OBJECT(element));
  while (GstObject* parent = gst_object_get_parent(top.get())) top = Ref<GstObject>::adopt(parent);
  return top;
}

/// Returns the `stats` of the first perfmeter in the element's pipeline, or null. Transfer full.
GstStructure* meter_stats(GstElement* element) {
  const auto top = pipeline_of(element);
  if (!GST_IS_BIN(top.get())) return nullptr;
  GstIterator* meters =
      gst_bin_iterate_all_by_element_factory_name(GST_BIN(top.get()), "perfmeter");
  GValue item = G_VALUE_INIT;
  GstStructure* stats = nullptr;
  if (gst_iterator_next(meters, &item) == GST_ITERATOR_OK) {
    g_object_get(g_value_get_object(&item), "stats", &stats, nullptr);
    g_value_unset(&item);
  }
  gst_iterator_free(meters);
  return stats;
}

}  // namespace

std::string perf_text(const GstStructure* stats) {
  std::vector<std::string> parts;
  const auto now = number(stats, "rate-now"), average = number(stats, "rate-average");
  if (now || average) parts.push_back(format("%.1f fps", now ? *now : *average));
  for (std::string& stage : stage_texts(stats)) parts.push_back(std::move(stage));
  add_usage(stats, parts);
  return joined(parts);
}

void PerfLine::count_frame() {
  const auto now = static_cast<std::uint64_t>(g_get_monotonic_time()) * 1000;
  if (since_ == 0) {
    since_ = now;
    refresh(now);
    return;
  }
  frames_++;
  if (now - since_ >= kRefreshEvery) refresh(now);
}

void PerfLine::refresh(std::uint64_t now) {
  std::string text;
  if (GstStructure* stats = meter_stats(element_)) {
    text = perf_text(stats);
    gst_structure_free(stats);
  }
  if (text.empty() && now > since_) {
    text =
        format("%.1f fps", static_cast<double>(frames_) * 1e9 / static_cast<double>(now - since_));
  }
  if (!text.empty()) text_ = std::move(text);
  frames_ = 0;
  since_ = now;
}

Canvas PerfLine::draw(const Canvas& canvas) {
  if (text_.empty()) return canvas;
  const int width = canvas.pixels.cols, height = canvas.pixels.rows;
  const double scale = text_scale(text_, canvas.pixels.size());
  int baseline = 0;
  const cv::Size size = cv::getTextSize(text_, kFont, scale, 1, &baseline);
  const int strip = std::min(height, size.height + baseline + 2 * kMargin);
  const Canvas foot{canvas.pixels(cv::Rect(0, height - strip, width, strip)), canvas.is_bgr,
                    canvas.has_alpha};
  // Light letters on a dark strip are legible on any image.
  cv::Mat drawing;
  cv::multiply(foot.pixels, cv::Scalar(kDimmed, kDimmed, kDimmed, 1), drawing);
  cv::putText(drawing, text_, {kMargin, kMargin + size.height}, kFont, scale, cv::Scalar::all(255),
              1, cv::LINE_AA);
  blend(drawing, 1, foot);
  if (strip == height) return canvas;
  return {canvas.pixels(cv::Rect(0, 0, width, height - strip)), canvas.is_bgr, canvas.has_alpha};
}

void PerfLine::reset() {
  text_.clear();
  frames_ = since_ = 0;
}

}  // namespace gsttorch
