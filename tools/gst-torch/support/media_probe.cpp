// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/media_probe.h"

#include <memory>

#include <gst/pbutils/pbutils.h>

#include "lib/gst/util/ref.h"

namespace gsttorch {
namespace {

constexpr GstClockTime kProbeTimeout = 30 * GST_SECOND;  // each of two times

struct FreeStreams {
  void operator()(GList* list) const { gst_discoverer_stream_info_list_free(list); }
};
using Streams = std::unique_ptr<GList, FreeStreams>;

enum class Wanted { Images, Anything };

/// Names what is missing, for streams of images or for any.
std::string missing_plugins(GstDiscovererInfo* info, Wanted wanted) {
  std::string names;
  const gchar** details = gst_discoverer_info_get_missing_elements_installer_details(info);
  for (; details && *details; details++) {
    // "gstreamer|1.0|program|description|decoder-video/x-h264, and more of the caps"
    g_auto(GStrv) fields = g_strsplit(*details, "|", 5);
    if (g_strv_length(fields) < 5) continue;
    const bool images = g_str_has_prefix(fields[4], "decoder-video/") ||
                        g_str_has_prefix(fields[4], "decoder-image/");
    if (wanted == Wanted::Images && !images) continue;
    names += (names.empty() ? "" : ", ") + std::string(fields[3]);
  }
  return names;
}

std::string format_failure(const GError* error) {
  if (!error) return "it is not a video";
  // What demuxers say of a file without a single frame is not meant for people.
  const bool vague = g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
  return vague ? "it has no decodable frame" : error->message;
}

Error missing_error(const std::string& plugins) {
  return Error{ErrorCode::LibraryMissing,
               "no " + plugins + " is installed" +
                   " (Debian: apt-get install gstreamer1.0-libav gstreamer1.0-plugins-good)"};
}

Result<void> check_outcome(GstDiscovererInfo* info, const GError* error) {
  switch (gst_discoverer_info_get_result(info)) {
    case GST_DISCOVERER_OK:
      return {};
    case GST_DISCOVERER_MISSING_PLUGINS: {
      // What sound would need does not matter.
      const std::string plugins = missing_plugins(info, Wanted::Images);
      return plugins.empty() ? Result<void>() : missing_error(plugins);
    }
    case GST_DISCOVERER_TIMEOUT:
      return Error{ErrorCode::Corrupt, "no frame could be decoded within a minute"};
    default:
      return Error{ErrorCode::Corrupt, format_failure(error)};
  }
}

// Of the outermost stream: that is the container, where there is one.
std::string container_of(GstDiscovererInfo* info) {
  g_autoptr(GstDiscovererStreamInfo) stream = gst_discoverer_info_get_stream_info(info);
  if (!stream) return "";
  const auto caps = Ref<GstCaps>::adopt(gst_discoverer_stream_info_get_caps(stream));
  return caps && gst_caps_get_size(caps.get()) > 0
             ? gst_structure_get_name(gst_caps_get_structure(caps.get(), 0))
             : "";
}

Result<VideoFacts> video_facts(GstDiscovererInfo* info) {
  const Streams streams(gst_discoverer_info_get_video_streams(info));
  if (!streams) {
    const std::string plugins = missing_plugins(info, Wanted::Anything);
    return plugins.empty() ? Error{ErrorCode::Corrupt, "it has no video stream"}
                           : missing_error(plugins);
  }
  auto* stream = static_cast<GstDiscovererVideoInfo*>(streams->data);
  if (gst_discoverer_video_info_is_image(stream)) {
    return Error{ErrorCode::Corrupt, "it is a still image (gst-torch flow compares two of them)"};
  }
  VideoFacts facts;
  facts.width = static_cast<int>(gst_discoverer_video_info_get_width(stream));
  facts.height = static_cast<int>(gst_discoverer_video_info_get_height(stream));
  facts.framerate_numerator = static_cast<int>(gst_discoverer_video_info_get_framerate_num(stream));
  facts.framerate_denominator =
      static_cast<int>(gst_discoverer_video_info_get_framerate_denom(stream));
  const GstClockTime duration = gst_discoverer_info_get_duration(info);
  if (GST_CLOCK_TIME_IS_VALID(duration)) facts.duration_ns = duration;
  facts.container = container_of(info);
  return facts;
}

Result<VideoFacts> discover_once(const std::string& path, bool& timed_out) {
  g_autoptr(GError) error = nullptr;
  g_autofree gchar* uri = gst_filename_to_uri(path.c_str(), &error);
  if (!uri) return Error{ErrorCode::BadArgument, error->message};
  g_autoptr(GstDiscoverer) discoverer = gst_discoverer_new(kProbeTimeout, &error);
  if (!discoverer) return Error{ErrorCode::LibraryMissing, error->message};
  g_autoptr(GstDiscovererInfo) info = gst_discoverer_discover_uri(discoverer, uri, &error);
  if (!info) return Error{ErrorCode::Corrupt, format_failure(error)};
  timed_out = gst_discoverer_info_get_result(info) == GST_DISCOVERER_TIMEOUT;
  if (auto usable = check_outcome(info, error); !usable) return usable.error();
  return video_facts(info);
}

// A stream that ends before its first frame is sometimes (once in some hundred times) not noticed
// by the discoverer, which then waits.
Result<VideoFacts> discover(const std::string& path) {
  bool timed_out = false;
  auto facts = discover_once(path, timed_out);
  return timed_out ? discover_once(path, timed_out) : facts;
}

}  // namespace

std::optional<std::uint64_t> VideoFacts::frames() const {
  if (duration_ns == 0 || framerate_numerator <= 0 || framerate_denominator <= 0) {
    return std::nullopt;
  }
  // Rounded: containers round durations to their own clock.
  const auto numerator = static_cast<guint64>(framerate_numerator);
  return gst_util_uint64_scale_round(duration_ns, numerator,
                                     GST_SECOND * static_cast<guint64>(framerate_denominator));
}

Result<VideoFacts> probe_video(const std::string& path) {
  auto facts = discover(path);
  if (!facts) {
    return Error{facts.error().code,
                 "cannot read the video " + path + ": " + facts.error().message};
  }
  return facts;
}

}  // namespace gsttorch
