// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <glib.h>

#include "tools/gst-torch/report/sections.h"
#include "tools/gst-torch/support/html.h"

namespace gsttorch {
namespace {

using Json = nlohmann::ordered_json;

std::string format_shell(const Json& words) {
  std::string text;
  for (const Json& word : words) {
    g_autofree gchar* quoted =
        g_shell_quote(word.is_string() ? word.get<std::string>().c_str() : "");
    const std::string plain = word.is_string() ? word.get<std::string>() : "";
    const bool needs_quotes =
        plain.empty() || plain.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789-_./,:=+@") != std::string::npos;
    text += (text.empty() ? "" : " ") + (needs_quotes ? std::string(quoted) : plain);
  }
  return text;
}

std::string code(const std::string& title, const std::string& text) {
  if (text.empty()) return "";
  return "<h3>" + escaped(title) + "</h3><pre tabindex=0>" + escaped(text) + "</pre>\n";
}

std::string format_value(const Json& value) {
  if (value.is_null()) return "\u2013";
  return escaped(value.is_string() ? value.get<std::string>() : value.dump());
}

std::string models_table(const Json& run) {
  Table table("Models", {{"stage", Table::Align::Text},
                         {"model", Table::Align::Text},
                         {"file", Table::Align::Text},
                         {"bytes"},
                         {"SHA-256", Table::Align::Text}});
  for (const auto& [stage, model] : object_in(run, "models").items()) {
    const std::string name = model.value("architecture", model.value("name", ""));
    table.row({escaped(stage), escaped(name), escaped(model.value("file", "")),
               format_count(model.value("bytes", std::uint64_t{0})),
               "<code>" + escaped(model.value("sha256", "")) + "</code>"});
  }
  return table.is_empty() ? "" : table.html();
}

std::string input_table(const Json& run) {
  Table table("Input and versions", {{"what", Table::Align::Text}, {"value", Table::Align::Text}});
  for (const char* group : {"input", "versions"}) {
    for (const auto& [name, value] : object_in(run, group).items()) {
      table.row({escaped(name), format_value(value)});
    }
  }
  for (const char* field : {"started", "ended"}) {
    if (run.contains(field)) table.row({field, format_value(run[field])});
  }
  return table.is_empty() ? "" : table.html();
}

std::string properties_table(const Json& run) {
  Table table("Settings", {{"element", Table::Align::Text},
                           {"property", Table::Align::Text},
                           {"value", Table::Align::Text}});
  for (const auto& [element, properties] : object_in(run, "properties").items()) {
    for (const auto& [name, value] : properties.items()) {
      table.row({escaped(element), escaped(name), format_value(value)});
    }
  }
  return table.is_empty() ? "" : table.folded("All settings");
}

}  // namespace

std::string settings_section(const ReportData& data) {
  const Json& run = data.run;
  std::string text = code("Command", format_shell(run.value("command", Json::array())));
  text += code("The same results with gst-launch-1.0", run.value("shell_command", ""));
  text += models_table(run) + input_table(run) + properties_table(run);
  if (text.empty()) return "";
  return "<section><h2>Reproduce</h2>\n" + text + "</section>\n";
}

}  // namespace gsttorch
