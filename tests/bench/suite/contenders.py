# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Makes the contenders of a row: the processes that rounds.py starts."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

from suite import rounds, rows

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
# What this project's libraries set, so that waiting threads do not take the cores of the others.
ENVIRONMENT = {"GOMP_SPINCOUNT": "1000", "PYTHONWARNINGS": "ignore"}
OUR_OPTIONS = ("iterations", "max-size", "threads", "batch", "streams", "precision")
THEIR_OPTIONS = ("iterations", "max-size", "threads", "precision")
PROGRAM_S = 600
PROGRAM_FRAMES = 24
FLOW_SIDE, MATCH_SIDE = 448, 320  # longer sides inside the models of whole programs


def words(settings: dict[str, object], known: tuple[str, ...]) -> list[str]:
    return [word for name in known if name in settings
            for word in (f"--{name}", str(settings[name]))]


class Program:
    """A program that is run as a whole in each round. Its run.json has the time per frame."""

    def __init__(self, name: str, command: list[str], out: pathlib.Path) -> None:
        self.name, self.command, self.out = name, command, out
        self.ready: dict = {}
        self.start_s = 0.0

    def start(self) -> None:
        """Nothing stays up between rounds."""

    def run(self, _: int) -> dict:
        shutil.rmtree(self.out, ignore_errors=True)
        with open(f"{self.out}.log", "wb") as log, subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | ENVIRONMENT) as process:
            peak = self.wait(process)
        if process.returncode:
            raise rounds.Failed(pathlib.Path(f"{self.out}.log").read_text().splitlines()[-1])
        report = json.loads((self.out / "run.json").read_text())
        return {"ms": [report["ms_per_frame"]], "peak_resident_bytes": peak}

    @staticmethod
    def wait(process: subprocess.Popen) -> int:
        """Until it ends. Returns the peak of its memory, as far as a look now and then shows it."""
        peak, end = 0, time.monotonic() + PROGRAM_S
        while process.poll() is None:
            peak = max(peak, rounds.peak_resident_bytes(process.pid))
            if time.monotonic() > end:
                process.kill()
            time.sleep(0.1)
        return peak

    def stop(self) -> None:
        """See start()."""


def ours(row: rows.Row, spec: rows.Spec, frames: pathlib.Path) -> rounds.Contender:
    command = ["gst-torch", "bench", "--worker", "--stages", row.stage, "--size", row.size,
               "--input", str(frames), *words(row.settings(spec), OUR_OPTIONS)]
    return rounds.Contender(spec.name, command)


def theirs(row: rows.Row, spec: rows.Spec, frames: pathlib.Path) -> rounds.Contender:
    command = [*worker(row, spec), "--input", str(frames), "--size", row.size]
    return rounds.Contender(spec.name, command, ENVIRONMENT)


def worker(row: rows.Row, spec: rows.Spec) -> list[str]:
    weights = []
    if row.stage == "flow" and spec.runtime in ("eager", "openvino", "onnx"):
        path = subprocess.run(["gst-torch", "models", "path", "raft-small"], check=True, text=True,
                              capture_output=True).stdout.strip()
        weights = ["--weights", path]
    return [sys.executable, str(HERE / "worker.py"), row.stage, spec.runtime, *weights,
            *words(row.settings(spec), THEIR_OPTIONS)]


def whole_programs(row: rows.Row, clip: pathlib.Path, work: pathlib.Path) -> list[Program]:
    common = [str(clip), "--frames", str(PROGRAM_FRAMES), "--flow-max-size", str(FLOW_SIDE),
              "--match-max-size", str(MATCH_SIDE)]
    weights = worker(rows.Row("", "", "flow", "", ()), rows.EAGER)[4:]
    commands = {
        "analyze": ["gst-torch", "analyze", *common, "--scenes-model", "resnet18-lite",
                    "--flow-every", "1", "-o", str(work / "analyze")],
        "baseline": [sys.executable, str(HERE.parent / "baseline.py"), *common, "--flow-weights",
                     weights[1], "-o", str(work / "baseline")]}
    return [Program(spec.name, commands[spec.runtime], work / spec.runtime)
            for spec in row.contenders]


def shot_detectors(row: rows.Row, video: pathlib.Path) -> list[rounds.Contender]:
    found = [rounds.Contender(spec.name, [sys.executable, str(HERE / "shots.py"), spec.runtime,
                                          str(video)], ENVIRONMENT) for spec in row.contenders]
    for contender in found:
        contender.has_memory = False  # most detectors run in a process of their own
    return found


def make(row: rows.Row, data) -> list:
    """`data` gives the videos and frames (data.py)."""
    if row.stage == "programs":
        return whole_programs(row, data.clip(), data.work)
    if row.stage == "shots":
        return shot_detectors(row, data.video)
    frames = data.frames(row.size)
    return [(ours if spec.runtime == "gst-torch" else theirs)(row, spec, frames)
            for spec in row.contenders]


def compare(work: pathlib.Path) -> dict[str, float]:
    """The quality of `analyze` with the baseline as the reference, if the build can tell."""
    done = subprocess.run(["gst-torch", "compare", str(work / "baseline"), str(work / "analyze"),
                           "--json"], capture_output=True, text=True, check=False)
    if done.returncode:
        return {}
    report = json.loads(done.stdout)
    return {"score": report["score"],
            **{stage["name"]: stage["score"] for stage in report["stages"]}}


def accuracy(row: rows.Row, spec: rows.Spec, pairs: pathlib.Path) -> dict[str, float]:
    """What worker.py measures on pairs with known flow."""
    command = [*worker(row, spec), "--accuracy", str(pairs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PROGRAM_S,
                          env=os.environ | ENVIRONMENT)
    answers = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return json.loads(answers[-1]) if answers else {}
