// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
// Tests that every property of every element returns the value that it was set to.
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <gst/gst.h>

#include "lib/gst/util/ref.h"
#include "lib/gst/util/value.h"

namespace gsttorch {
namespace {

// Sets a value within the range that is not the default. False for types that need a special one.
bool set_other_value(GParamSpec* spec, GValue* value) {
  if (auto* boolean = G_IS_PARAM_SPEC_BOOLEAN(spec) ? G_PARAM_SPEC_BOOLEAN(spec) : nullptr) {
    g_value_set_boolean(value, !boolean->default_value);
  } else if (G_IS_PARAM_SPEC_STRING(spec)) {
    g_value_set_string(value, "other");
  } else if (auto* uint = G_IS_PARAM_SPEC_UINT(spec) ? G_PARAM_SPEC_UINT(spec) : nullptr) {
    g_value_set_uint(value, uint->default_value < uint->maximum ? uint->default_value + 1
                                                                : uint->default_value - 1);
  } else if (auto* wide = G_IS_PARAM_SPEC_UINT64(spec) ? G_PARAM_SPEC_UINT64(spec) : nullptr) {
    g_value_set_uint64(value, wide->default_value < wide->maximum ? wide->default_value + 1
                                                                  : wide->default_value - 1);
  } else if (auto* signed64 = G_IS_PARAM_SPEC_INT64(spec) ? G_PARAM_SPEC_INT64(spec) : nullptr) {
    g_value_set_int64(value, signed64->default_value + 1);
  } else if (auto* real = G_IS_PARAM_SPEC_DOUBLE(spec) ? G_PARAM_SPEC_DOUBLE(spec) : nullptr) {
    g_value_set_double(value, (real->default_value + real->maximum) / 2);
  } else if (auto* word = G_IS_PARAM_SPEC_ENUM(spec) ? G_PARAM_SPEC_ENUM(spec) : nullptr) {
    const GEnumValue* values = word->enum_class->values;
    g_value_set_enum(value, values[values[0].value == word->default_value ? 1 : 0].value);
  } else {
    return false;
  }
  return true;
}

class Properties : public testing::TestWithParam<const char*> {};

TEST_P(Properties, return_what_they_were_set_to) {
  const auto element = Ref<GstElement>::adopt(
      GST_ELEMENT(gst_object_ref_sink(gst_element_factory_make(GetParam(), nullptr))));
  guint count = 0;
  const std::unique_ptr<GParamSpec*, void (*)(gpointer)> specs(
      g_object_class_list_properties(G_OBJECT_GET_CLASS(element.get()), &count), g_free);
  guint tested = 0;
  for (guint i = 0; i < count; i++) {
    GParamSpec* spec = specs.get()[i];
    const bool is_ours =
        g_type_is_a(spec->owner_type, GST_TYPE_ELEMENT) && spec->owner_type != GST_TYPE_ELEMENT;
    if (!is_ours || (spec->flags & G_PARAM_READWRITE) != G_PARAM_READWRITE) continue;
    Value set(spec->value_type), found(spec->value_type);
    if (!set_other_value(spec, set.get())) continue;
    g_object_set_property(G_OBJECT(element.get()), spec->name, set.get());
    g_object_get_property(G_OBJECT(element.get()), spec->name, found.get());
    EXPECT_EQ(g_param_values_cmp(spec, set.get(), found.get()), 0) << spec->name;
    tested++;
  }
  EXPECT_GT(tested, 3u);
}

INSTANTIATE_TEST_SUITE_P(Elements, Properties,
                         testing::Values("scenedetect", "raftflow", "loftrmatch", "analysisoverlay",
                                         "analysiswriter", "perfmeter"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace gsttorch
