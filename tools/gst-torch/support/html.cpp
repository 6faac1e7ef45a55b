// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/html.h"

#include <cmath>
#include <cstdio>

#include <glib.h>

namespace gsttorch {
namespace {

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  g_autofree gchar* text = g_strdup_printf(pattern, values...);
  return text;
}

const char* class_of(Table::Align align) { return align == Table::Align::Number ? " class=n" : ""; }

}  // namespace

std::string escaped(const std::string& text) {
  g_autofree gchar* valid = g_utf8_make_valid(text.data(), static_cast<gssize>(text.size()));
  std::string safe;
  for (const gchar* c = valid; *c; c++) {
    switch (*c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += *c;
    }
  }
  return safe;
}

std::string format_number(std::optional<double> number, int decimals) {
  if (!number || !std::isfinite(*number)) return "\u2013";
  return format("%.*f", decimals, *number);
}

std::string format_count(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (int at = static_cast<int>(text.size()) - 3; at > 0; at -= 3) {
    text.insert(static_cast<std::size_t>(at), "\u202f");
  }
  return text;
}

std::string format_bytes(double bytes) {
  if (bytes < 1024) return format("%.0f bytes", bytes);
  if (bytes < 1048576) return format("%.1f KiB", bytes / 1024);
  return bytes < 1073741824 ? format("%.1f MiB", bytes / 1048576)
                            : format("%.2f GiB", bytes / 1073741824);
}

std::string format_time(double seconds) {
  const auto centis = static_cast<long>(std::lround(std::max(0.0, seconds) * 100));
  const long minutes = centis / 6000;
  const double rest = static_cast<double>(centis % 6000) / 100;
  if (minutes < 60) return format("%ld:%05.2f", minutes, rest);
  return format("%ld:%02ld:%05.2f", minutes / 60, minutes % 60, rest);
}

std::string data_uri(const char* type, const std::string& bytes) {
  g_autofree gchar* text =
      g_base64_encode(reinterpret_cast<const guchar*>(bytes.data()), bytes.size());
  return std::string("data:") + type + ";base64," + text;
}

std::string relative_address(const std::string& path) {
  g_autofree gchar* text =
      g_uri_escape_bytes(reinterpret_cast<const guint8*>(path.data()), path.size(),
                         G_URI_RESERVED_CHARS_ALLOWED_IN_PATH_ELEMENT "/");
  // A colon before the first slash would be read as the end of a scheme.
  return std::string("./") + text;
}

Table::Table(std::string caption, std::vector<Column> columns)
    : caption_(std::move(caption)), columns_(std::move(columns)) {}

Table& Table::row(const std::vector<std::string>& cells) {
  rows_ += "<tr>";
  for (std::size_t i = 0; i < cells.size() && i < columns_.size(); i++) {
    rows_ += std::string("<td") + class_of(columns_[i].align) + ">" + cells[i];
  }
  rows_ += "\n";
  return *this;
}

std::string Table::html() const {
  std::string text = "<div class=scroll tabindex=0 role=group aria-label=\"" + escaped(caption_) +
                     "\"><table><caption>" + escaped(caption_) + "</caption><thead><tr>";
  for (const Column& column : columns_) {
    text += std::string("<th scope=col") + class_of(column.align) + ">" + escaped(column.title);
  }
  return text + "</thead><tbody>\n" + rows_ + "</tbody></table></div>\n";
}

std::string Table::folded(const std::string& summary) const {
  return "<details><summary>" + escaped(summary) + "</summary>" + html() + "</details>\n";
}

}  // namespace gsttorch
