// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#pragma once

#include <glib-object.h>

namespace gsttorch {

/// The nick of a value of a registered enumeration, never freed; empty for unknown values.
inline const gchar* enum_nick(GType type, gint value) {
  auto* enum_class = static_cast<GEnumClass*>(g_type_class_ref(type));
  const GEnumValue* entry = g_enum_get_value(enum_class, value);
  g_type_class_unref(enum_class);  // registered types are never freed, nor are nicks
  return entry ? entry->value_nick : "";
}

/// The value of a nick; 0 for unknown nicks.
inline gint enum_value(GType type, const gchar* nick) {
  auto* enum_class = static_cast<GEnumClass*>(g_type_class_ref(type));
  const GEnumValue* entry = nick ? g_enum_get_value_by_nick(enum_class, nick) : nullptr;
  const gint value = entry ? entry->value : 0;
  g_type_class_unref(enum_class);
  return value;
}

}  // namespace gsttorch
