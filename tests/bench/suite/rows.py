# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The rows of the benchmark: what is timed, and against what. The first contender of a row is the
one that the others are compared with."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Spec:
    """A contender of a row: its name in tables, what runs it, and how it differs from the row."""
    name: str
    runtime: str
    options: tuple[tuple[str, object], ...] = ()


@dataclasses.dataclass(frozen=True)
class Row:
    key: str
    title: str
    stage: str  # scenes, flow, matches; all: a pipeline; programs; shots
    size: str
    contenders: tuple[Spec, ...]
    options: tuple[tuple[str, object], ...] = ()  # of worker.py and gst-torch bench
    has_accuracy: bool = False
    has_busy_core: bool = False

    def settings(self, spec: Spec) -> dict[str, object]:
        return {**dict(self.options), **dict(spec.options)}


def spec(name: str, runtime: str, **options) -> Spec:
    return Spec(name, runtime, tuple(options.items()))


OURS = spec("gst-torch", "gst-torch")
OURS_BF16 = spec("gst-torch bf16", "gst-torch", precision="bf16")
EAGER = spec("torch eager", "eager")
OPENVINO = spec("OpenVINO fp32", "openvino")
OPENVINO_BF16 = spec("OpenVINO bf16", "openvino", precision="bf16")
ONNX = spec("ONNX Runtime", "onnx")
DIS = spec("OpenCV DIS", "dis")
SIFT = spec("OpenCV SIFT", "sift")
XFEAT = spec("XFeat + LighterGlue", "xfeat")

FLOW_SIZES = ("640x360", "1280x720", "1920x1080")
MATCH_SIZES = ("640x480", "1280x720")


def quick() -> list[Row]:
    return [
        Row("scenes", "ResNet-18 lite, frames of 640x360", "scenes", "640x360",
            (OURS, EAGER, OPENVINO)),
        Row("flow", "RAFT small, 12 iterations, 448x256", "flow", "448x256",
            (OURS, EAGER, OPENVINO, DIS), has_accuracy=True),
        Row("matches", "LoFTR lite, 320x240", "matches", "320x240", (OURS, EAGER, OPENVINO),
            has_accuracy=True),
        Row("programs", "all three per frame, 640x272, with decoding and files", "programs",
            "640x272", (spec("gst-torch analyze", "analyze"), spec("baseline.py", "baseline"))),
    ]


def more_contenders() -> list[Row]:
    return [
        Row("scenes-more", "ResNet-18 lite, frames of 640x360", "scenes", "640x360",
            (OURS, OURS_BF16, OPENVINO_BF16, ONNX)),
        Row("flow-more", "RAFT small, 12 iterations, 448x256", "flow", "448x256",
            (OURS, OURS_BF16, OPENVINO_BF16, ONNX), has_accuracy=True),
        Row("matches-more", "LoFTR lite, 320x240", "matches", "320x240",
            (OURS, OURS_BF16, OPENVINO_BF16, ONNX, SIFT, XFEAT), has_accuracy=True),
        Row("shots", "shots of bikes.mp4, with decoding", "shots", "640x272",
            (spec("scenedetect resnet18-lite", "scenedetect"), spec("scenechange", "scenechange"),
             spec("ffmpeg scdet", "ffmpeg scdet"),
             spec("PySceneDetect Adaptive", "PySceneDetect Adaptive"),
             spec("PySceneDetect Content", "PySceneDetect Content"))),
    ]


def sizes() -> list[Row]:
    flow = [Row(f"flow-{size}", f"RAFT small, 12 iterations, {size}", "flow", size, (OURS, EAGER))
            for size in FLOW_SIZES]
    matches = [Row(f"matches-{size}", f"LoFTR lite, {size}", "matches", size, (OURS, EAGER))
               for size in MATCH_SIZES]
    larger = [Row(f"{stage}-max-size", f"{title}, 1920x1080, max-size 640", stage, "1920x1080",
                  (OURS, EAGER), (("max-size", 640),))
              for stage, title in (("flow", "RAFT small, 12 iterations"),
                                   ("matches", "LoFTR lite"))]
    return flow + matches + larger


def settings() -> list[Row]:
    iterations = [Row(f"flow-iterations-{n}", f"RAFT small, {n} iterations, 448x256", "flow",
                      "448x256", (OURS, EAGER), (("iterations", n),), has_accuracy=True)
                  for n in (4, 8, 20)]
    batches = [Row(f"{stage}-batch", f"{title}, frames per inference", stage, size,
                   tuple(spec(f"batch {n}", "gst-torch", batch=n) for n in (1, 2, 4, 8)))
               for stage, title, size in (("scenes", "ResNet-18 lite", "640x360"),
                                          ("flow", "RAFT small, 448x256", "448x256"),
                                          ("matches", "LoFTR lite, 320x240", "320x240"))]
    streams = Row("streams", "pipelines in one process, all three models, 320x240", "all",
                  "320x240", tuple(spec(f"streams: {n}", "gst-torch", streams=n)
                                   for n in (1, 2, 4)))
    return [*iterations, *batches, streams]


def conditions() -> list[Row]:
    rows = []
    for stage, title, size in (("flow", "RAFT small, 12 iterations, 448x256", "448x256"),
                               ("matches", "LoFTR lite, 320x240", "320x240")):
        rows.append(Row(f"{stage}-1-thread", f"{title}, one thread", stage, size,
                        (OURS, EAGER, OPENVINO), (("threads", 1),)))
        rows.append(Row(f"{stage}-busy-core", f"{title}, one core busy", stage, size,
                        (OURS, EAGER, OPENVINO), has_busy_core=True))
    return rows


def full() -> list[Row]:
    return [*quick(), *more_contenders(), *sizes(), *settings(), *conditions()]
