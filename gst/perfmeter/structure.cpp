// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "gst/perfmeter/structure.h"

#include <algorithm>
#include <string>

#include "lib/gst/util/value.h"

namespace gsttorch {
namespace {

void set_field(GstStructure* structure, const char* name, const PerfRecord& value);

void append(GValue* list, const PerfRecord& record) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed(&value, to_structure("entry", record));
  gst_value_list_append_and_take_value(list, &value);
}

void set_list(GstStructure* structure, const char* name, const PerfRecord& records) {
  Value list(GST_TYPE_LIST);
  for (const PerfRecord& record : records) {
    if (record.is_object()) append(list.get(), record);
  }
  gst_structure_set_value(structure, name, list.get());
}

void set_object(GstStructure* structure, const char* name, const PerfRecord& record) {
  GstStructure* inner = to_structure(name, record);
  gst_structure_set(structure, name, GST_TYPE_STRUCTURE, inner, nullptr);
  gst_structure_free(inner);
}

void set_field(GstStructure* structure, const char* name, const PerfRecord& value) {
  if (value.is_number_unsigned()) {
    gst_structure_set(structure, name, G_TYPE_UINT64, value.get<guint64>(), nullptr);
  } else if (value.is_number_integer()) {
    const auto number = value.get<gint64>();
    const bool is_negative = number < 0;
    gst_structure_set(structure, name, is_negative ? G_TYPE_INT64 : G_TYPE_UINT64, number, nullptr);
  } else if (value.is_number()) {
    gst_structure_set(structure, name, G_TYPE_DOUBLE, value.get<double>(), nullptr);
  } else if (value.is_boolean()) {
    gst_structure_set(structure, name, G_TYPE_BOOLEAN, value.get<bool>(), nullptr);
  } else if (value.is_string()) {
    gst_structure_set(structure, name, G_TYPE_STRING, value.get<std::string>().c_str(), nullptr);
  } else if (value.is_object()) {
    set_object(structure, name, value);
  } else if (value.is_array()) {
    set_list(structure, name, value);
  }
}

PerfRecord value_of(const GValue* value);

PerfRecord list_of(const GValue* list) {
  PerfRecord record = PerfRecord::array();
  for (guint i = 0; i < gst_value_list_get_size(list); i++) {
    PerfRecord one = value_of(gst_value_list_get_value(list, i));
    if (!one.is_null()) record.push_back(std::move(one));
  }
  return record;
}

PerfRecord number_of(const GValue* value) {
  switch (G_VALUE_TYPE(value)) {
    case G_TYPE_INT:
      return g_value_get_int(value);
    case G_TYPE_UINT:
      return g_value_get_uint(value);
    case G_TYPE_INT64:
      return static_cast<std::int64_t>(g_value_get_int64(value));
    case G_TYPE_UINT64:
      return static_cast<std::uint64_t>(g_value_get_uint64(value));
    case G_TYPE_FLOAT:
      return static_cast<double>(g_value_get_float(value));
    case G_TYPE_DOUBLE:
      return g_value_get_double(value);
    default:
      return nullptr;
  }
}

PerfRecord value_of(const GValue* value) {
  if (G_VALUE_HOLDS_STRING(value)) {
    const char* text = g_value_get_string(value);
    return text ? PerfRecord(text) : PerfRecord();
  }
  if (G_VALUE_HOLDS_BOOLEAN(value)) return g_value_get_boolean(value) != FALSE;
  if (GST_VALUE_HOLDS_STRUCTURE(value)) return to_record(gst_value_get_structure(value));
  if (GST_VALUE_HOLDS_LIST(value)) return list_of(value);
  return number_of(value);
}

}  // namespace

GstStructure* to_structure(const char* name, const PerfRecord& record) {
  GstStructure* structure = gst_structure_new_empty(name);
  for (const auto& [key, value] : record.items()) {
    std::string field = key;
    std::replace(field.begin(), field.end(), '_', '-');
    set_field(structure, field.c_str(), value);
  }
  return structure;
}

PerfRecord to_record(const GstStructure* structure) {
  PerfRecord record = PerfRecord::object();
  for (gint i = 0; i < gst_structure_n_fields(structure); i++) {
    const char* name = gst_structure_nth_field_name(structure, static_cast<guint>(i));
    PerfRecord value = value_of(gst_structure_get_value(structure, name));
    if (value.is_null()) continue;
    std::string key = name;
    std::replace(key.begin(), key.end(), '-', '_');
    record[key] = std::move(value);
  }
  return record;
}

}  // namespace gsttorch
