// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include <gst/gst.h>

#include "config.h"
#include "tools/gst-torch/doctor/doctor.h"
#include "tools/gst-torch/support/gst_support.h"

namespace gsttorch {
namespace {

constexpr char kGroup[] = "GStreamer";
constexpr char kOwnGroup[] = "plugins";

struct ElementPackage {
  const char* name;
  const char* package;  ///< Debian's
};

constexpr ElementPackage kNeeded[] = {
    {"filesrc", "libgstreamer1.0-0"},
    {"queue", "libgstreamer1.0-0"},
    {"decodebin", "gstreamer1.0-plugins-base"},
    {"videoconvert", "gstreamer1.0-plugins-base"},
    {"videoscale", "gstreamer1.0-plugins-base"},
    {"appsink", "gstreamer1.0-plugins-base"},
    {"qtdemux", "gstreamer1.0-plugins-good"},
    {"matroskademux", "gstreamer1.0-plugins-good"},
    {"matroskamux", "gstreamer1.0-plugins-good"},
    {"vp8enc", "gstreamer1.0-plugins-good"},
    {"vp8dec", "gstreamer1.0-plugins-good"},
    {"jpegdec", "gstreamer1.0-plugins-good"},
    {"pngdec", "gstreamer1.0-plugins-good"},
    {"pngenc", "gstreamer1.0-plugins-good"},
    {"avdec_h264", "gstreamer1.0-libav"},
};
constexpr ElementPackage kUseful[] = {
    {"h264parse", "gstreamer1.0-plugins-bad"},  // for H.264 that is in no MP4 or Matroska file
    {"h265parse", "gstreamer1.0-plugins-bad"},
};
constexpr const char* kOwnElements[] = {"raftflow", "analysiswriter", "analysisoverlay"};

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

Check check_element(const ElementPackage& element, CheckState when_absent) {
  const ElementFact fact = find_element(element.name);
  if (!fact.file.empty()) return {kGroup, element.name, CheckState::Ok, fact.version, ""};
  return {kGroup, element.name, when_absent, "not found",
          std::string("apt-get install ") + element.package};
}

std::string plugin_directory() { return std::string(GSTTORCH_LIBDIR) + "/gstreamer-1.0"; }

Check check_own_element(const char* name) {
  const ElementFact fact = find_element(name);
  if (!fact.file.empty()) {
    return {kOwnGroup, name, CheckState::Ok, fact.version + ", " + fact.file, ""};
  }
  return {kOwnGroup, name, CheckState::Missing, "not found",
          "set GST_PLUGIN_PATH to the directory of the plugins (installed: " + plugin_directory() +
              "; in a build tree: meson devenv -C build)"};
}

void add_blacklisted(Checks& checks) {
  GList* plugins = gst_registry_get_plugin_list(gst_registry_get());
  for (GList* item = plugins; item; item = item->next) {
    auto* plugin = static_cast<GstPlugin*>(item->data);
    if (!GST_OBJECT_FLAG_IS_SET(plugin, GST_PLUGIN_FLAG_BLACKLISTED)) continue;
    const std::string file = gst_plugin_get_filename(plugin);
    const bool ours = file.find("libgsttorch") != std::string::npos;
    checks.push_back({kOwnGroup, file, ours ? CheckState::Missing : CheckState::Optional,
                      "blacklisted: it could not be loaded when plugins were scanned",
                      "ldd " + file +
                          " says what it lacks; then delete GStreamer's registry "
                          "cache (~/.cache/gstreamer-1.0, or $GST_REGISTRY)"});
  }
  gst_plugin_list_free(plugins);
}

}  // namespace

void check_gstreamer(Checks& checks) {
  g_autofree gchar* version = gst_version_string();
  checks.push_back({kGroup, "version", CheckState::Ok, version, ""});
  for (const ElementPackage& element : kNeeded) {
    checks.push_back(check_element(element, CheckState::Missing));
  }
  for (const ElementPackage& element : kUseful) {
    checks.push_back(check_element(element, CheckState::Optional));
  }
}

void check_own_plugins(Checks& checks) {
  for (const char* name : kOwnElements) checks.push_back(check_own_element(name));
  add_blacklisted(checks);
}

}  // namespace gsttorch
