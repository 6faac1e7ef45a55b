// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/support/media_probe.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "lib/gst/util/image_header.h"
#include "tools/gst-torch/support/decoded_streams.h"

namespace gsttorch {
namespace {

Error missing_error(const std::string& plugins) {
  // A demuxer that does not know a codec gives it this name.
  const std::string unknown = "video/x-gst-fourcc-";
  if (plugins.starts_with(unknown)) {
    const std::string codec = plugins.substr(unknown.size(), 4);
    return Error{ErrorCode::LibraryMissing,
                 "GStreamer does not know its codec " + codec +
                     ": convert it (ffmpeg -i FILE -c:v libx264 NEW.mkv)"};
  }
  return Error{ErrorCode::LibraryMissing,
               "no " + plugins +
                   " is installed (Debian: apt-get install gstreamer1.0-libav "
                   "gstreamer1.0-plugins-good gstreamer1.0-plugins-bad)"};
}

bool is_image(const std::string& encoding) { return encoding.starts_with("image/"); }

Error image_error(const std::string& type) {
  return Error{ErrorCode::Corrupt, "GStreamer cannot decode it as " + type +
                                       ": it is damaged, or no decoder here takes this kind; PNG "
                                       "and JPEG can be decoded"};
}

// A file that is nothing but one image. (A video of JPEG images is in a container.)
bool is_still_image(const DecodedStreams& streams) {
  return streams.videos.size() == 1 && is_image(streams.file_type) &&
         streams.videos.front().encoding == streams.file_type;
}

Error still_image_error(const std::string& path) {
  return Error{ErrorCode::Corrupt,
               read_image_header(path).is_animated
                   ? "GStreamer decodes only the first image of an animated PNG: convert it "
                     "(ffmpeg -i FILE NEW.mkv)"
                   : "it is a still image (gst-torch flow compares two of them)"};
}

std::string no_video_text(const DecodedStreams& streams) {
  if (streams.file_type != "video/quicktime") return "it has no video stream";
  return "GStreamer finds no video stream in it, but it ignores a video that is shorter than a "
         "fifth of its MP4 file (ffmpeg -i FILE -c copy FILE.mkv makes it readable)";
}

Result<void> check_streams(const DecodedStreams& streams) {
  // What sound would need does not matter, unless there is nothing else.
  if (!streams.missing_video_decoders.empty()) return missing_error(streams.missing_video_decoders);
  if (streams.videos.empty() && !streams.missing_plugins.empty()) {
    return missing_error(streams.missing_plugins);
  }
  if (streams.error && is_image(streams.file_type)) return image_error(streams.file_type);
  if (streams.error) return *streams.error;
  if (streams.videos.empty()) return Error{ErrorCode::Corrupt, no_video_text(streams)};
  return {};
}

std::uint64_t length_of(const DecodedVideo& video) {
  const std::uint64_t end = video.end_ns.value_or(0);
  return end > video.start_ns ? end - video.start_ns : 0;
}

const DecodedVideo& main_video(const std::vector<DecodedVideo>& videos) {
  const auto rank = [](const DecodedVideo& video) {
    return std::tuple(video.has_frame, !is_image(video.encoding), video.is_default,
                      length_of(video));
  };
  return *std::max_element(videos.begin(), videos.end(),
                           [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
}

std::string stream_numbers(std::size_t count) {
  if (count == 1) return "0";
  return (count == 2 ? "0 and " : "0 to ") + std::to_string(count - 1);
}

Result<const DecodedVideo*> choose_video(const std::vector<DecodedVideo>& videos,
                                         std::optional<int> stream) {
  if (!stream) return &main_video(videos);
  const std::size_t count = videos.size();
  if (const auto index = static_cast<std::size_t>(*stream); index < count) return &videos[index];
  return Error{ErrorCode::Corrupt, "it has no video stream " + std::to_string(*stream) + ", only " +
                                       stream_numbers(count)};
}

bool is_on_its_side(GstVideoOrientationMethod orientation) {
  return orientation == GST_VIDEO_ORIENTATION_90R || orientation == GST_VIDEO_ORIENTATION_90L ||
         orientation == GST_VIDEO_ORIENTATION_UL_LR || orientation == GST_VIDEO_ORIENTATION_UR_LL;
}

VideoFacts facts_of(const DecodedVideo& video, const DecodedStreams& streams) {
  VideoFacts facts;
  facts.stream = static_cast<int>(&video - streams.videos.data());
  facts.stream_id = video.id;
  if (streams.videos.size() > 1) facts.source.pad = video.pad;
  facts.source.is_transformed = video.orientation != GST_VIDEO_ORIENTATION_IDENTITY;
  facts.width = facts.stored_width = video.width;
  facts.height = facts.stored_height = video.height;
  if (is_on_its_side(video.orientation)) std::swap(facts.width, facts.height);
  facts.framerate_numerator = video.framerate_numerator;
  facts.framerate_denominator = video.framerate_denominator;
  facts.duration_ns = video.end_ns ? length_of(video) : streams.duration_ns;
  facts.start_ns = video.start_ns;
  facts.end_ns = video.end_ns;
  facts.container = streams.file_type;
  return facts;
}

Result<VideoFacts> read_facts(const std::string& path, std::optional<int> stream) {
  const auto streams = read_decoded_streams(path);
  if (!streams) return streams.error();
  if (auto usable = check_streams(*streams); !usable) return usable.error();
  if (is_still_image(*streams)) return still_image_error(path);
  const auto video = choose_video(streams->videos, stream);
  if (!video) return video.error();
  if (!(*video)->has_frame) return Error{ErrorCode::Corrupt, "it has no decodable frame"};
  return facts_of(**video, *streams);
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

Error explain_image_error(const std::string& path, const Error& error) {
  const ImageHeader header = read_image_header(path);
  if (header.is_truncated) return Error{ErrorCode::Corrupt, "it is truncated"};
  if (header.is_cmyk) {
    return Error{ErrorCode::Corrupt,
                 "it has CMYK colors, which GStreamer cannot decode: convert it "
                 "to RGB"};
  }
  const auto streams = read_decoded_streams(path);
  if (!streams) return error;
  if (!streams->missing_plugins.empty()) return missing_error(streams->missing_plugins);
  return is_image(streams->file_type) ? image_error(streams->file_type) : error;
}

Result<VideoFacts> probe_video(const std::string& path, std::optional<int> stream) {
  auto facts = read_facts(path, stream);
  if (!facts) {
    return Error{facts.error().code,
                 "cannot read the video " + path + ": " + facts.error().message};
  }
  return facts;
}

}  // namespace gsttorch
