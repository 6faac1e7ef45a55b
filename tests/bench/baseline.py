#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The yardstick: shots, optical flow and matches of a video by a sequential program on stock parts.

    baseline.py VIDEO -o DIR [--frames N] [--device cuda] [--debug-images DIR]

The models (torchvision's ResNet-18 and RAFT, kornia's LoFTR) are loaded one after another. Then,
frame after frame in one thread: OpenCV decodes it, ResNet-18 computes its feature, RAFT the flow
from the previous frame, and LoFTR the matches with the previous frame. Nothing is kept from frame to
frame but the previous image and its feature: each pair is prepared and encoded again. Debug images
are drawn and written in the same loop.

baseline_results.py has the rule that finds shots in the distances between features.

The program prints a JSON object, which is also DIR/run.json: versions, settings, initialisation,
ms per frame and stage (mean, p50, p95, without the first frames), and memory. DIR also has

    flow/%06d.flo     flow from the previous frame to the frame of that number (from 0), in pixels
    matches/%06d.csv  x0,y0,x1,y1,confidence: points of the previous frame and of that frame
    scenes.csv        the shots, with PySceneDetect's columns

Needs what requirements.txt lists.
"""
import argparse
import dataclasses
import json
import os
import pathlib
import resource
import sys
import time

# As this project's libraries do: else OpenMP's threads use the cores of others while they wait.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

import cv2  # noqa: E402
import kornia  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
import torchvision  # noqa: E402
from torch.nn import functional  # noqa: E402

import stock_models  # noqa: E402
from baseline_results import boundaries, summarize, write_shots  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUNDLED = ROOT / "models" / "bundled"
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
WARM_UP = 3  # frames whose times are left out
FLO_TAG = 202021.25


def fetched(name: str) -> pathlib.Path:
    """Where `gst-torch models fetch` puts weights."""
    data = os.environ.get("XDG_DATA_HOME") or pathlib.Path.home() / ".local/share"
    models = os.environ.get("GST_TORCH_MODELS_DIR") or f"{data}/gst-plugins-torch/models"
    return pathlib.Path(models) / name


def scaled_size(width: int, height: int, max_size: int) -> tuple[int, int]:
    """With the longer side reduced to `max_size` pixels; 0: as it is."""
    longer = max(width, height)
    scale = max_size / longer if 0 < max_size < longer else 1
    return max(1, round(width * scale)), max(1, round(height * scale))


def resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    same = (image.shape[1], image.shape[0]) == size
    return image if same else cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def as_tensor(image: np.ndarray, device: torch.device) -> torch.Tensor:
    """uint8 [H, W] or [H, W, 3] -> float32 [1, C, H, W] in 0..255."""
    planes = torch.from_numpy(np.ascontiguousarray(image)).to(device)
    return planes.reshape(*image.shape[:2], -1).permute(2, 0, 1)[None].float()


class Scenes:
    """The distance of each frame from the previous one, by ResNet-18's features."""
    directory = None

    def __init__(self, options: argparse.Namespace) -> None:
        self.model = stock_models.resnet18(options.scenes_weights)
        self.device = options.device
        self.feature: np.ndarray | None = None  # of the previous frame, of length 1

    def process(self, _: np.ndarray | None, image: np.ndarray) -> float:
        """Returns the distance from the previous frame."""
        rgb = cv2.cvtColor(resized(image, (224, 224)), cv2.COLOR_BGR2RGB)
        x = as_tensor(rgb, self.device) / 255
        mean, deviation = (x.new_tensor(values)[:, None, None]
                           for values in (IMAGENET_MEAN, IMAGENET_DEVIATION))
        feature = self.model((x - mean) / deviation)[0].cpu().numpy()
        earlier, self.feature = self.feature, feature / np.linalg.norm(feature)
        return 0.0 if earlier is None else float(1 - earlier @ self.feature)

    @staticmethod
    def draw(canvas: np.ndarray, distance: float) -> np.ndarray:
        cv2.putText(canvas, f"distance {distance:.4f}", (8, 24), cv2.FONT_HERSHEY_SIMPLEX, 0.6,
                    (255, 255, 255), 1, cv2.LINE_AA)
        return canvas


class Flow:
    """RAFT's flow from the previous frame, on its grid."""
    directory = "flow"

    def __init__(self, options: argparse.Namespace) -> None:
        self.model = stock_models.raft(options.flow_weights)
        self.device = options.device
        self.iterations, self.max_size = options.flow_iterations, options.flow_max_size

    def prepare(self, image: np.ndarray) -> torch.Tensor:
        size = scaled_size(image.shape[1], image.shape[0], self.max_size)
        rgb = cv2.cvtColor(resized(image, size), cv2.COLOR_BGR2RGB)
        return as_tensor(rgb, self.device) / 127.5 - 1

    def process(self, previous: np.ndarray | None, image: np.ndarray) -> np.ndarray | None:
        if previous is None:
            return None
        pair = [self.prepare(side) for side in (previous, image)]
        height, width = pair[0].shape[-2:]
        right, down = -width % 8, -height % 8
        pads = (right // 2, right - right // 2, down // 2, down - down // 2)
        padded = [functional.pad(side, pads, mode="replicate") for side in pair]
        flow = self.model(*padded, num_flow_updates=self.iterations)[-1]
        flow = flow[..., pads[2]:pads[2] + height, pads[0]:pads[0] + width]
        return self.in_frame(flow, image.shape[1], image.shape[0])

    @staticmethod
    def in_frame(flow: torch.Tensor, width: int, height: int) -> np.ndarray:
        """[1, 2, h, w] in pixels of the model -> [H, W, 2] in pixels of the frame."""
        inner_height, inner_width = flow.shape[-2:]
        if (inner_width, inner_height) != (width, height):
            flow = functional.interpolate(flow, (height, width), mode="bilinear")
            scale = flow.new_tensor([width / inner_width, height / inner_height])
            flow = flow * scale[:, None, None]
        return flow[0].permute(1, 2, 0).contiguous().cpu().numpy()

    @staticmethod
    def write(path: pathlib.Path, flow: np.ndarray) -> None:
        """Middlebury's file format."""
        with path.with_suffix(".flo").open("wb") as file:
            np.float32(FLO_TAG).tofile(file)
            np.array([flow.shape[1], flow.shape[0]], "<i4").tofile(file)
            flow.astype("<f4").tofile(file)

    @staticmethod
    def draw(canvas: np.ndarray, flow: np.ndarray) -> np.ndarray:
        colours = torchvision.utils.flow_to_image(torch.from_numpy(flow).permute(2, 0, 1))
        bgr = cv2.cvtColor(colours.permute(1, 2, 0).numpy(), cv2.COLOR_RGB2BGR)
        return np.hstack([canvas, bgr])


class Matches:
    """LoFTR's matches with the previous frame: [N, 5], x0, y0, x1, y1, confidence."""
    directory = "matches"

    def __init__(self, options: argparse.Namespace) -> None:
        self.model = stock_models.loftr(options.match_weights, options.match_fixed_encoding)
        self.model.coarse_matching.thr = options.match_threshold
        self.device, self.max_size = options.device, options.match_max_size

    def prepare(self, image: np.ndarray) -> torch.Tensor:
        size = scaled_size(image.shape[1], image.shape[0], self.max_size)
        grey = as_tensor(resized(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), size), self.device) / 255
        height, width = grey.shape[-2:]
        return functional.pad(grey, (0, -width % 8, 0, -height % 8), mode="replicate")

    def process(self, previous: np.ndarray | None, image: np.ndarray) -> np.ndarray | None:
        if previous is None:
            return None
        found = self.model({"image0": self.prepare(previous), "image1": self.prepare(image)})
        points = [found[key].cpu().numpy() for key in ("keypoints0", "keypoints1")]
        inner = scaled_size(image.shape[1], image.shape[0], self.max_size)
        scale = np.array([image.shape[1], image.shape[0]]) / inner
        points = [(side + 0.5) * scale - 0.5 for side in points]
        return np.column_stack([*points, found["confidence"].cpu().numpy()])

    @staticmethod
    def write(path: pathlib.Path, matches: np.ndarray) -> None:
        np.savetxt(path.with_suffix(".csv"), matches, "%.6g", ",", comments="",
                   header="x0,y0,x1,y1,confidence")

    @staticmethod
    def draw(canvas: np.ndarray, matches: np.ndarray) -> np.ndarray:
        for x0, y0, x1, y1, _ in matches:
            cv2.line(canvas, (round(x0), round(y0)), (round(x1), round(y1)), (0, 255, 0), 1)
        return canvas


STAGES = {"scenes": Scenes, "flow": Flow, "matches": Matches}


@dataclasses.dataclass
class Clock:
    """Times of the parts of each frame, in ms."""
    device: torch.device
    ms: dict[str, list[float]] = dataclasses.field(default_factory=dict)

    def timed(self, name: str, work, *arguments):
        start = time.perf_counter()
        result = work(*arguments)
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        self.ms.setdefault(name, []).append((time.perf_counter() - start) * 1e3)
        return result

    def summary(self) -> dict[str, dict[str, float]]:
        return {name: summarize(ms[WARM_UP:]) for name, ms in self.ms.items() if ms[WARM_UP:]}


class Baseline:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.clock, self.loading = Clock(options.device), Clock(options.device)
        self.stages = {name: self.loading.timed(name, self.load, name) for name in options.stages}
        self.distances: list[float] = []
        self.frames, self.rate = 0, 25.0

    def load(self, name: str):
        stage = STAGES[name](self.options)
        stage.model.eval().to(self.options.device)
        return stage

    def run(self) -> None:
        video = cv2.VideoCapture(self.options.video)
        if not video.isOpened():
            raise ValueError(f"cannot open {self.options.video}: is it a video?")
        self.rate = video.get(cv2.CAP_PROP_FPS) or self.rate
        previous = None
        while self.options.frames is None or self.frames < self.options.frames:
            previous = self.clock.timed("frame", self.frame, video, previous)
            if previous is None:
                self.clock.ms["frame"].pop()
                self.clock.ms["read"].pop()
                break
            self.frames += 1
        if not self.frames:
            raise ValueError(f"{self.options.video} has no frame")

    def frame(self, video: cv2.VideoCapture, previous: np.ndarray | None) -> np.ndarray | None:
        there, image = self.clock.timed("read", video.read)
        if not there:
            return None
        results = {name: self.clock.timed(name, stage.process, previous, image)
                   for name, stage in self.stages.items()}
        if "scenes" in results:
            self.distances.append(results["scenes"])
        if self.options.output:
            self.clock.timed("write", self.write, results)
        if self.options.debug_images:
            self.clock.timed("draw", self.draw, image, results)
        return image

    def write(self, results: dict) -> None:
        for name, result in results.items():
            directory = self.stages[name].directory
            if directory and result is not None:
                path = self.options.output / directory / f"{self.frames:06d}"
                self.stages[name].write(path, result)

    def draw(self, image: np.ndarray, results: dict) -> None:
        canvas = image.copy()
        for name in ("scenes", "matches", "flow"):  # flow last: it is drawn beside the others
            if results.get(name) is not None:
                canvas = self.stages[name].draw(canvas, results[name])
        cv2.imwrite(str(self.options.debug_images / f"{self.frames:06d}.png"), canvas)

    def memory(self) -> dict[str, float]:
        megabytes = {"peak_rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6}
        if self.options.device.type == "cuda":
            megabytes["peak_allocated"] = torch.cuda.max_memory_allocated() / 1e6
            megabytes["peak_reserved"] = torch.cuda.max_memory_reserved() / 1e6
        return {name: round(value, 1) for name, value in megabytes.items()}

    def report(self) -> dict:
        ms = self.clock.summary()
        options = {name: str(value) if isinstance(value, (pathlib.Path, torch.device)) else value
                   for name, value in vars(self.options).items()}
        return {
            "program": "baseline.py", "settings": options, "versions": versions(),
            "threads": torch.get_num_threads(), "frames": self.frames,
            "initialisation_ms": {name: round(ms[0], 1) for name, ms in self.loading.ms.items()},
            "ms": ms, "ms_per_frame": ms.get("frame", {}).get("mean"),
            "models": {name: weight(stage.model) for name, stage in self.stages.items()},
            "memory_mb": self.memory(),
        }


def weight(model: torch.nn.Module) -> dict[str, float]:
    tensors = [*model.parameters(), *model.buffers()]
    return {"parameters": sum(tensor.numel() for tensor in model.parameters()),
            "mb": round(sum(tensor.numel() * tensor.element_size() for tensor in tensors) / 1e6, 2)}


def versions() -> dict[str, str]:
    return {"torch": torch.__version__, "torchvision": torchvision.__version__,
            "kornia": kornia.__version__, "opencv": cv2.__version__, "numpy": np.__version__}


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("video")
    add("-o", "--output", type=pathlib.Path, metavar="DIR", help="write the results there")
    add("--debug-images", type=pathlib.Path, metavar="DIR", help="draw the results of every frame")
    add("--frames", type=int, metavar="N", help="stop after N frames")
    add("--device", type=torch.device, default="cpu", help="cpu (default), cuda or cuda:N")
    add("--threads", type=int, help="of PyTorch and OpenCV")
    add("--seed", type=int, default=1, help="of random weights")
    add("--stages", default="scenes,flow,matches", type=lambda text: text.split(","))
    files = "weights file, or random for the full model with random weights"
    add("--scenes-weights", default=str(BUNDLED / "resnet18-lite.safetensors"), help=files)
    add("--flow-weights", default=str(fetched("raft-small.pth")), help=files)
    add("--match-weights", default=str(BUNDLED / "loftr-lite.safetensors"), help=files)
    add("--cut-distance", type=float, default=0.02, help="least distance across a cut")
    add("--flow-iterations", type=int, default=12)
    add("--flow-max-size", type=int, default=0, metavar="N",
        help="longer side inside the model, in pixels (0 = the frame's own)")
    add("--match-max-size", type=int, default=0, metavar="N")
    add("--match-threshold", type=float, default=0.2)
    add("--match-fixed-encoding", action="store_true", help="for loftr_indoor_ds_new.ckpt")
    options = parser.parse_args(arguments)
    check(parser, options)
    return options


def check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    unknown = set(options.stages) - STAGES.keys()
    if unknown:
        parser.error(f"no stage {sorted(unknown)[0]}: use {', '.join(STAGES)}")
    if options.frames is not None and options.frames < 1:
        parser.error("--frames must be at least 1")
    if options.device.type == "cuda" and not torch.cuda.is_available():
        parser.error("PyTorch finds no CUDA device")


def prepare(options: argparse.Namespace) -> None:
    torch.manual_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
        cv2.setNumThreads(options.threads)
    if options.output:
        for name in options.stages:
            (options.output / (STAGES[name].directory or "")).mkdir(parents=True, exist_ok=True)
    if options.debug_images:
        options.debug_images.mkdir(parents=True, exist_ok=True)


def main() -> None:
    options = parse()
    prepare(options)
    try:
        with torch.inference_mode():
            baseline = Baseline(options)
            baseline.run()
    except (OSError, ValueError) as error:
        sys.exit(f"baseline.py: {error}")
    report = json.dumps(baseline.report(), indent=2)
    print(report)
    if options.output:
        (options.output / "run.json").write_text(report + "\n")
        if baseline.distances:
            starts = boundaries(baseline.distances, options.cut_distance)
            write_shots(options.output / "scenes.csv", starts, baseline.frames, baseline.rate)


if __name__ == "__main__":
    main()
