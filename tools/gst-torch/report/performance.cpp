// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <algorithm>

#include "tools/gst-torch/report/chart.h"
#include "tools/gst-torch/report/sections.h"
#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

using Json = PerfRecord;

constexpr std::size_t kMostPoints = 400, kMostRows = 60;

std::optional<double> number_at(const Json& json, std::initializer_list<const char*> path) {
  const Json* at = &json;
  for (const char* key : path) {
    if (!at->is_object() || !at->contains(key)) return std::nullopt;
    at = &(*at)[key];
  }
  return at->is_number() ? std::optional(at->get<double>()) : std::nullopt;
}

std::string format_ms(const Json& element, const char* duration, const char* key) {
  const auto ns = number_at(element, {duration, key});
  if (!ns) return "\u2013";
  const double ms = *ns / 1e6;
  return format_number(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0);
}

std::string share_cell(std::optional<double> share) {
  if (!share) return "\u2013";
  const std::string percent = format_number(100 * *share, 1);
  return percent + " <i class=bar style=\"--v:" + percent + "%\"></i>";
}

double elapsed_seconds(const Json& report) {
  return number_at(report, {"elapsed"}).value_or(0) / 1e9;
}

std::vector<Point> over_time(const ReportData& data, std::initializer_list<const char*> path,
                             double factor) {
  std::vector<Point> points;
  for (const Json& report : data.meter) {
    if (report.value("reason", "") != "interval") continue;
    if (const auto value = number_at(report, path)) {
      points.push_back({elapsed_seconds(report), *value * factor});
    }
  }
  return points;
}

std::string chart_of(const ReportData& data, const char* title, const char* unit,
                     std::vector<Series> series) {
  Chart chart;
  chart.title = title;
  chart.unit = unit;
  double most = 0;
  for (Series& one : series) {
    for (const Point& point : one.points) most = std::max(most, point.y);
    one.points = thinned(one.points, kMostPoints, Thin::Mean);
  }
  if (series[0].points.size() < 2) return "";
  chart.description = "At most " + format_number(most, 1) + ".";
  chart.series = std::move(series);
  fit_time(chart, elapsed_seconds(data.meter.back()));
  fit_y(chart, 2);
  return chart.html();
}

std::string charts(const ReportData& data) {
  constexpr double kMiB = 1.0 / 1048576;
  std::string text = chart_of(data, "Memory", "resident, MiB; time since the start of the run",
                              {{"in use", Mark::Area, over_time(data, {"process", "rss"}, kMiB)}});
  text += chart_of(data, "Rate", "frames per second, in each interval",
                   {{"rate", Mark::Line, over_time(data, {"rate_now"}, 1)}});
  text += chart_of(data, "CPU", "of this process, percent of one core",
                   {{"CPU", Mark::Line, over_time(data, {"process", "cpu_percent"}, 1)}});
  return text;
}

std::string time_table(const ReportData& data) {
  Table table("Measurements by time",
              {{"after, s"}, {"frames"}, {"rate, 1/s"}, {"CPU, %"}, {"memory, MiB"}});
  const std::size_t step = data.meter.size() / kMostRows + 1;
  for (std::size_t i = 0; i < data.meter.size(); i += step) {
    const Json& report = data.meter[i];
    const auto rss = number_at(report, {"process", "rss"});
    table.row({format_number(elapsed_seconds(report), 1),
               format_number(number_at(report, {"buffers"}), 0),
               format_number(number_at(report, {"rate_now"}), 2),
               format_number(number_at(report, {"process", "cpu_percent"}), 0),
               format_number(rss ? std::optional(*rss / 1048576) : std::nullopt, 1)});
  }
  return table.folded("Measurements as a table");
}

std::string format_bottleneck(const Json& last) {
  if (!last.contains("bottleneck")) return "";
  const std::string element = last.value("bottleneck_element", "");
  const std::string word = last.value("bottleneck", "");
  std::string text = "<p>Bottleneck: <b>" + escaped(word) + "</b>";
  if (!element.empty() && element != word) text += " (" + escaped(element) + ")";
  if (const auto share = number_at(last, {"bottleneck_share"})) {
    text += ", busy " + format_number(100 * *share, 0) + " % of the time";
  }
  text += ".";
  if (const auto share = number_at(last, {"source_share"})) {
    text += " The rest waited for the source " + format_number(100 * *share, 1) + " % of the time.";
  }
  return text + "</p>\n";
}

std::string elements_table(const Json& last) {
  Table table("Elements from source to sink, times in ms", {{"element", Table::Align::Text},
                                                            {"buffers"},
                                                            {"busy, %"},
                                                            {"processing p50"},
                                                            {"p95"},
                                                            {"max"},
                                                            {"queueing p50"},
                                                            {"p95"},
                                                            {"max"}});
  for (const Json& element : last.value("elements", Json::array())) {
    table.row({escaped(element.value("name", "")),
               format_number(number_at(element, {"buffers"}), 0),
               share_cell(number_at(element, {"busy"})), format_ms(element, "processing", "p50"),
               format_ms(element, "processing", "p95"), format_ms(element, "processing", "max"),
               format_ms(element, "queueing", "p50"), format_ms(element, "queueing", "p95"),
               format_ms(element, "queueing", "max")});
  }
  return table.is_empty() ? "" : table.html();
}

std::string gpu_table(const Json& last) {
  Table table("GPUs, all processes together",
              {{"GPU", Table::Align::Text}, {"in use, %"}, {"memory, MiB"}, {"power, W"}});
  for (const Json& gpu : last.value("gpu", Json::array())) {
    const auto memory = number_at(gpu, {"memory_used"});
    table.row({escaped(gpu.value("name", "")),
               format_number(number_at(gpu, {"utilization_percent"}), 0),
               format_number(memory ? std::optional(*memory / 1048576) : std::nullopt, 0),
               format_number(number_at(gpu, {"power_watts"}), 0)});
  }
  return table.is_empty() ? "" : table.html();
}

void add_stats(Table& table, const std::string& element, const Json& stats) {
  for (const auto& [key, value] : stats.items()) {
    if (value.is_structured()) continue;
    const std::string text = value.is_string()         ? escaped(value.get<std::string>())
                             : value.is_number_float() ? format_number(value.get<double>(), 3)
                                                       : escaped(value.dump());
    table.row({escaped(element), escaped(key), text});
  }
}

std::string reports_table(const Json& last) {
  Table table("Statistics of the model elements",
              {{"element", Table::Align::Text}, {"figure", Table::Align::Text}, {"value"}});
  for (const Json& report : last.value("reports", Json::array())) {
    const Json stats = report.value("stats", Json::object());
    // Model elements alone: they have a runtime.
    if (!stats.is_object() || !stats.contains("runtime")) continue;
    add_stats(table, report.value("name", ""), stats);
    add_stats(table, "runtime", stats["runtime"]);
  }
  return table.is_empty() ? "" : table.folded("Statistics of the model elements");
}

}  // namespace

std::string performance_section(const ReportData& data) {
  if (data.meter.empty()) return "";
  const Json& last = data.meter.back();
  return "<section><h2>Performance</h2>\n" + format_bottleneck(last) + elements_table(last) +
         "<p class=note>Busy: share of the time in which a thread ran this element. Processing: "
         "time "
         "from a buffer's arrival at an element to its departure, waiting inside included. Half of "
         "the buffers took at most p50, 95 % at most p95.</p>\n" +
         gpu_table(last) + charts(data) + time_table(data) + reports_table(last) + "</section>\n";
}

}  // namespace gsttorch
