// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/analyze/analysis_pipeline.h"

#include <cstring>

#include <glib.h>

#include "tools/gst-torch/support/elements.h"

namespace gsttorch {
namespace {

bool is_plain(char c) { return g_ascii_isalnum(c) || std::strchr("_-./,:=+@", c) != nullptr; }

bool is_plain(const std::string& text) {
  for (const char c : text) {
    if (c == '\0' || !is_plain(c)) return false;
  }
  return !text.empty();
}

/// A property's value as the pipeline grammar reads it.
std::string quoted_value(const std::string& value) {
  if (is_plain(value)) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string unquoted_value(const std::string& text) {
  if (!text.starts_with('"')) return text;
  std::string value;
  for (std::size_t i = 1; i + 1 < text.size(); i++) {
    if (text[i] == '\\') i++;
    value += text[i];
  }
  return value;
}

/// Of "property=value".
void set_property(GstElement* element, const std::string& word) {
  const auto equals = word.find('=');
  g_object_set(element, word.substr(0, equals).c_str(),
               unquoted_value(word.substr(equals + 1)).c_str(), nullptr);
}

std::string shell_quoted(const std::string& word) {
  if (is_plain(word) || word == "!") return word;
  g_autofree gchar* quoted = g_shell_quote(word.c_str());
  return quoted;
}

// gst_parse_launch takes a backslash at a value's end, however it is written, for one that escapes
// the quote after it, if there is another quote further on.
std::string directory_value(const std::string& directory) {
  return directory.ends_with('\\') ? directory + "/" : directory;
}

class Words {
 public:
  Words& element(const char* name) {
    if (!words_.empty()) words_.emplace_back("!");
    words_.emplace_back(name);
    return *this;
  }
  Words& chain(const std::vector<std::string>& elements) {
    words_.emplace_back("!");
    words_.insert(words_.end(), elements.begin(), elements.end());
    return *this;
  }
  Words& set(const char* property, const std::string& value) {
    words_.push_back(std::string(property) + "=" + quoted_value(value));
    return *this;
  }
  Words& set(const char* property, const std::optional<std::string>& value) {
    return value ? set(property, *value) : *this;
  }
  Words& set(const char* property, const std::optional<int>& value) {
    return value ? set(property, std::to_string(*value)) : *this;
  }
  std::vector<std::string> take() { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

// identity refuses the buffer that is one too many, and lets those through that come after it. A
// queue right before it drops them (decoders would push several), but for one on which the decoder
// was waiting when the queue was full: the second identity refuses that.
void add_limit(Words& words, int frames) {
  for (int i = 0; i < 2; i++) words.element("identity").set("eos-after", frames + 1);
}

void set_all(Words& words, const StageSettings::Properties& properties) {
  for (const auto& [property, value] : properties) words.set(property.c_str(), value);
}

void add_stage(Words& words, const Stage& stage, const AnalysisPlan& plan) {
  // Records name the element: by a name that does not count what else the process has made.
  words.element(stage.element).set("name", std::string(stage.element));
  words.set("device", plan.compute.device).set("precision", plan.compute.precision);
  if (!plan.stages.given(stage, "quality")) words.set("quality", plan.compute.quality);
  set_all(words, plan.stages.properties(stage, StageOption::Target::Model));
  const int batch = batch_size_of(plan.stages.model(stage));
  if (batch > 1) words.set("batch-size", std::to_string(batch));
}

void add_writer(Words& words, const AnalysisPlan& plan, bool resume) {
  words.element("analysiswriter").set("location", directory_value(plan.directory));
  if (resume) {
    words.set("resume", std::string("true"));
  } else {
    words.set("append", std::string("false"));
  }
  for (const Stage* stage : plan.stages.stages()) {
    set_all(words, plan.stages.properties(*stage, StageOption::Target::Writer));
  }
}

void add_meter(Words& words, const RunExtras& extras) {
  words.element("perfmeter").set("measure", std::string(extras.measure));
  words.set("interval", std::to_string(extras.meter_interval) + "000000000");
  words.set("output", std::string("json")).set("output-location", extras.meter_file);
  words.set("frames-location", extras.frames_file);
  words.set("progress", std::string("messages"));
}

// VP8 at a constant quality: an encoder that aims at a bit rate smears a busy colour wheel.
void add_overlay(Words& words, const std::string& file) {
  words.element("queue").element("videoconvert").element("video/x-raw,format=BGRx");
  words.element("analysisoverlay").set("layout", std::string("side-by-side"));
  words.element("queue").element("videoconvert");
  words.element("vp8enc").set("deadline", 1).set("cpu-used", 8);
  words.set("end-usage", std::string("cq")).set("cq-level", 12).set("target-bitrate", 20000000);
  words.element(file.ends_with(".webm") ? "webmmux" : "matroskamux");
  words.element("filesink").set("location", file);
}

std::vector<std::string> needed_elements(const AnalysisPlan& plan) {
  std::vector<std::string> elements;
  bool first_of_part = true;
  for (const std::string& word : analysis_pipeline(plan, {.meter_file = "x"})) {
    const bool is_caps = word.find('/') != std::string::npos;
    if (first_of_part && !is_caps) elements.push_back(word);
    first_of_part = word == "!";
  }
  return elements;
}

}  // namespace

std::vector<std::string> analysis_pipeline(const AnalysisPlan& plan, const RunExtras& extras) {
  Words words;
  words.element("filesrc").set("location", plan.video);
  words.chain(decoding_words(plan.source)).element("queue");
  if (plan.frames) add_limit(words, *plan.frames);
  for (const Stage* stage : plan.stages.stages()) add_stage(words, *stage, plan);
  add_writer(words, plan, extras.resume);
  if (!extras.meter_file.empty()) add_meter(words, extras);
  if (plan.overlay) {
    add_overlay(words, *plan.overlay);
  } else {
    words.element("fakesink");
  }
  return words.take();
}

std::string join_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::string shell_command(const std::vector<std::string>& words) {
  std::string command = "gst-launch-1.0 -e";
  for (const std::string& word : words) {
    command += ' ';
    command += shell_quoted(word);
  }
  return command;
}

// The grammar takes only UTF-8, which file names need not be: those are set afterwards.
Result<Pipeline> parse_words(const std::vector<std::string>& words) {
  std::vector<std::string> text;
  std::vector<std::pair<std::string, std::string>> names;  // of an element, and the property
  std::string element;
  bool is_first_of_part = true;
  for (const std::string& word : words) {
    if (is_first_of_part) element = word;
    is_first_of_part = word == "!";
    if (g_utf8_validate(word.c_str(), -1, nullptr)) {
      text.push_back(word);
    } else {
      names.emplace_back(element, word);
    }
  }
  auto pipeline = parse_pipeline(join_words(text));
  if (!pipeline) return pipeline;
  for (const auto& [factory, word] : names) {
    set_property(pipeline->made_by(factory.c_str()).get(), word);
  }
  return pipeline;
}

Result<void> check_needs(const AnalysisPlan& plan) {
  if (auto ready = plan.stages.check_needs(); !ready) return ready;
  for (const std::string& element : needed_elements(plan)) {
    if (auto there = check_element(element); !there) return there;
  }
  return {};
}

}  // namespace gsttorch
