// SPDX-License-Identifier: LGPL-2.1-or-later
// SPDX-FileCopyrightText: The gst-plugins-torch authors
#include "tools/gst-torch/scenes/scene_scan.h"

#include <cstdio>
#include <utility>

#include "lib/gst/gsttorchshotmeta.h"
#include "lib/gst/util/enum_nick.h"
#include "lib/gst/util/known_time.h"
#include "tools/gst-torch/support/gst_support.h"
#include "tools/gst-torch/support/stages.h"
#include "tools/gst-torch/support/watchdog.h"

namespace gsttorch {
namespace {

constexpr char kDetection[] =
    " ! queue ! scenedetect name=scenes post-messages=false ! fakesink name=sink";

// Filled by the streaming thread.
struct Collected {
  ShotListBuilder list;
  std::vector<ShotScore> scores;
};

// `offset`: from the element's numbers, which may restart within a file, to those of the file.
Boundary to_boundary(const GstTorchShot& shot, std::uint64_t offset) {
  const auto kind = parse_transition_kind(enum_nick(GST_TYPE_TORCH_SHOT_BOUNDARY, shot.boundary));
  return {kind.value_or(TransitionKind::Cut),
          {shot.start_frame + offset, known_time(shot.start_pts)},
          {shot.middle_frame + offset, known_time(shot.middle_pts)},
          {shot.end_frame + offset, known_time(shot.end_pts)},
          shot.confidence};
}

void collect(GstPad* pad, GstBuffer* buffer, Collected& all) {
  const std::uint64_t number = all.scores.size();
  ShotScore score;
  score.frame = number;
  score.time = stream_time_at(pad, GST_BUFFER_PTS(buffer));
  score.running_time = running_time_at(pad, GST_BUFFER_PTS(buffer));
  std::vector<Boundary> boundaries;
  gpointer state = nullptr;
  while (GstCustomMeta* meta = gst_buffer_iterate_torch_shot_meta(buffer, &state)) {
    GstTorchShot shot;
    if (!gst_torch_shot_meta_read(meta, &shot)) continue;
    score.score = shot.score;
    score.distance = shot.distance;
    score.mean_luma = shot.mean_luma;
    if (shot.boundary) boundaries.push_back(to_boundary(shot, number - shot.frame));
  }
  score.is_boundary = !boundaries.empty();
  all.list.add({number, known_time(GST_BUFFER_PTS(buffer)), known_time(GST_BUFFER_DURATION(buffer)),
                score.time},
               boundaries);
  all.scores.push_back(score);
}

GstPadProbeReturn collect_frame(GstPad* pad, GstPadProbeInfo* info, gpointer all) {
  collect(pad, GST_PAD_PROBE_INFO_BUFFER(info), *static_cast<Collected*>(all));
  Watchdog::count_frame();
  return GST_PAD_PROBE_OK;
}

void set_up(const Pipeline& pipeline, const std::string& video, const ShotSettings& settings,
            Collected& all) {
  g_object_set(pipeline.element("source").get(), "location", video.c_str(), nullptr);
  const auto shots = pipeline.element("scenes");
  if (settings.model) {
    g_object_set(shots.get(), "model", settings.model->c_str(), "batch-size",
                 batch_size_of(*settings.model), nullptr);
  }
  const ComputeSettings& compute = settings.compute;
  if (compute.device) g_object_set(shots.get(), "device", compute.device->c_str(), nullptr);
  for (const auto& [property, word] :
       {std::pair("precision", compute.precision), {"quality", compute.quality}}) {
    if (word) gst_util_set_object_arg(G_OBJECT(shots.get()), property, word->c_str());
  }
  if (settings.threshold) g_object_set(shots.get(), "threshold", *settings.threshold, nullptr);
  const auto sink = pipeline.element("sink");
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(sink.get(), "sink"));
  gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_BUFFER, collect_frame, &all, nullptr);
}

}  // namespace

Result<SceneScan> scan_scenes(const std::string& video, const VideoSource& source,
                              const ShotSettings& settings) {
  auto pipeline = parse_pipeline(decoding_launch(source) + kDetection);
  if (!pipeline) return pipeline.error();
  Collected all;
  set_up(*pipeline, video, settings, all);
  const auto done = pipeline->run_unless_interrupted();
  const auto shots = pipeline->element("scenes");
  const std::string model = stats_text(shots.get(), "model").value_or("");
  pipeline->stop();  // no probe runs after this
  if (!done) return done.error();
  if (all.scores.empty()) {
    return Error{ErrorCode::Corrupt, video + " has no decodable frame"};
  }
  double threshold = 0;
  g_object_get(shots.get(), "threshold", &threshold, nullptr);
  return SceneScan{all.list.shots(), std::move(all.scores), threshold, model};
}

std::string scores_to_csv(const std::vector<ShotScore>& scores) {
  std::string csv = "Frame Number,Timecode,score,distance,mean_luma,boundary\n";
  for (const ShotScore& s : scores) {
    char numbers[96];
    std::snprintf(numbers, sizeof numbers, "%.6f,%.6f,%.3f,%d", s.score, s.distance, s.mean_luma,
                  s.is_boundary ? 1 : 0);
    csv += std::to_string(s.frame + 1) + "," + (s.time ? timecode(*s.time) : "") + "," + numbers +
           "\n";
  }
  return csv;
}

}  // namespace gsttorch
