// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <gst/gst.h>

#include "tools/gst-torch/doctor/doctor.h"
#include "tools/gst-torch/support/elements.h"
#include "tools/gst-torch/support/gst_support.h"
#include "tools/gst-torch/support/stages.h"

namespace gsttorch {
namespace {

constexpr char kGroup[] = "GStreamer";
constexpr char kOwnGroup[] = "plugins";

struct ElementFact {
  std::string version;
  std::string file;
};

/// Empty where there is no such element. Loads its plugin, so a registry entry for a file that is
/// gone does not count.
ElementFact find_element(const char* name) {
  const auto feature =
      Ref<GstPluginFeature>::adopt(gst_registry_lookup_feature(gst_registry_get(), name));
  if (!feature) return {};
  const auto loaded = Ref<GstPluginFeature>::adopt(gst_plugin_feature_load(feature.get()));
  if (!loaded) return {};
  const auto plugin = Ref<GstPlugin>::adopt(gst_plugin_feature_get_plugin(loaded.get()));
  if (!plugin) return {};
  const gchar* file = gst_plugin_get_filename(plugin.get());
  return {gst_plugin_get_version(plugin.get()), file ? file : "built in"};
}

Check check_element(const ElementSource& element) {
  const ElementFact fact = find_element(element.name);
  if (!fact.file.empty()) return {kGroup, element.name, CheckState::Ok, fact.version, ""};
  return {kGroup, element.name, element.is_needed ? CheckState::Missing : CheckState::Optional,
          "not found", element_remedy(element.name)};
}

Check check_own_element(const char* name) {
  const ElementFact fact = find_element(name);
  if (!fact.file.empty()) {
    return {kOwnGroup, name, CheckState::Ok, fact.version + ", " + fact.file, ""};
  }
  return {kOwnGroup, name, CheckState::Missing, "not found", element_remedy(name)};
}

void add_blacklisted(Checks& checks) {
  GList* plugins = gst_registry_get_plugin_list(gst_registry_get());
  for (GList* item = plugins; item; item = item->next) {
    auto* plugin = static_cast<GstPlugin*>(item->data);
    if (!GST_OBJECT_FLAG_IS_SET(plugin, GST_PLUGIN_FLAG_BLACKLISTED)) continue;
    const std::string file = gst_plugin_get_filename(plugin);
    const bool ours = file.find("libgsttorch") != std::string::npos;
    checks.push_back({kOwnGroup, file, ours ? CheckState::Missing : CheckState::Optional,
                      "blacklisted: GStreamer could not load it when it scanned the plugins",
                      "run ldd " + file +
                          " to find the missing libraries and install them; then delete "
                          "GStreamer's registry cache (~/.cache/gstreamer-1.0, or $GST_REGISTRY)"});
  }
  gst_plugin_list_free(plugins);
}

}  // namespace

void check_gstreamer(Checks& checks) {
  g_autofree gchar* version = gst_version_string();
  checks.push_back({kGroup, "version", CheckState::Ok, version, ""});
  for (const ElementSource& element : gstreamer_elements()) {
    checks.push_back(check_element(element));
  }
}

void check_own_plugins(Checks& checks) {
  for (const Stage& stage : all_stages()) checks.push_back(check_own_element(stage.element));
  for (const char* name : own_elements()) checks.push_back(check_own_element(name));
  add_blacklisted(checks);
}

}  // namespace gsttorch
