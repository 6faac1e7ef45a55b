// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/property_value.h"

#include <charconv>
#include <limits>
#include <optional>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"
#include "lib/gst/util/value.h"

namespace gsttorch {
namespace {

// "from 1 to 100"; types' own limits are not worth naming.
template <typename Number>
std::string format_range(Number least, Number most) {
  const std::string from = " from " + std::to_string(least);
  return most == std::numeric_limits<Number>::max() ? from : from + " to " + std::to_string(most);
}

std::string format_real(double number) {
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];
  return g_ascii_formatd(text, sizeof text, "%g", number);
}

std::string names_of(GParamSpecEnum* spec) {
  std::string names;
  for (guint i = 0; i < spec->enum_class->n_values; i++) {
    const bool last = i + 1 == spec->enum_class->n_values;
    if (i > 0) names += last ? " or " : ", ";
    names += spec->enum_class->values[i].value_nick;
  }
  return names;
}

/// What a property takes, for people.
std::string format_accepted(GParamSpec* spec) {
  if (G_IS_PARAM_SPEC_UINT(spec)) {
    const auto* uint = G_PARAM_SPEC_UINT(spec);
    return "a whole number" + format_range(uint->minimum, uint->maximum);
  }
  if (G_IS_PARAM_SPEC_UINT64(spec)) {
    const auto* uint64 = G_PARAM_SPEC_UINT64(spec);
    return "a whole number" + format_range(uint64->minimum, uint64->maximum);
  }
  if (G_IS_PARAM_SPEC_DOUBLE(spec)) {
    const auto* real = G_PARAM_SPEC_DOUBLE(spec);
    return "a number from " + format_real(real->minimum) + " to " + format_real(real->maximum);
  }
  if (G_IS_PARAM_SPEC_ENUM(spec)) return names_of(G_PARAM_SPEC_ENUM(spec));
  return "something else";
}

// GStreamer itself reads "010" as eight.
bool is_decimal(const std::string& text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && rest == end && (text == "0" || text[0] != '0');
}

bool read(const std::string& text, GParamSpec* spec, GValue* value) {
  const bool is_whole = G_IS_PARAM_SPEC_UINT(spec) || G_IS_PARAM_SPEC_UINT64(spec);
  if (is_whole && !is_decimal(text)) return false;
  return gst_value_deserialize(value, text.c_str()) && !g_param_value_validate(spec, value);
}

Ref<GstElement> make(const char* factory) {
  GstElement* element = gst_element_factory_make(factory, nullptr);
  if (element) gst_object_ref_sink(element);
  return Ref<GstElement>::adopt(element);
}

}  // namespace

Result<std::string> property_value(const char* factory, const char* property,
                                   const std::string& text) {
  const auto element = make(factory);
  if (!element) return text;
  GParamSpec* spec = g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), property);
  if (!spec) {
    return Error{ErrorCode::Failed, std::string(factory) + " has no property " + property};
  }
  if (G_IS_PARAM_SPEC_STRING(spec)) return text;
  Value value(spec->value_type);
  if (read(text, spec, value.get())) return text;
  return Error{ErrorCode::BadArgument,
               "must be " + format_accepted(spec) + ", not \"" + text + "\""};
}

bool is_default(const char* factory, const char* property, const std::string& value) {
  const auto element = make(factory);
  GParamSpec* spec =
      element ? g_object_class_find_property(G_OBJECT_GET_CLASS(element.get()), property) : nullptr;
  if (!spec) return false;
  Value given(spec->value_type);
  return gst_value_deserialize(given.get(), value.c_str()) &&
         g_param_value_defaults(spec, given.get());
}

}  // namespace gsttorch
