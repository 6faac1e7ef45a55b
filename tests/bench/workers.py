#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Compares numbers of CPU workers: how many models compute at the same time, each on its share of
the cores.

    meson devenv -C build python3 ../tests/bench/workers.py VIDEO [--frames N] [--rounds N]
        [--workers 1,2] [--elements "scenedetect ! raftflow ! loftrmatch"] [--trace DIR]

Rounds of the numbers alternate; the table has the median time per frame of each, from the first to
the last frame at the sink. With --trace the script plays once more for each number, writes
DIR/workers-N.json in the trace format of Chrome (open it in https://ui.perfetto.dev), and prints
for how long inference of two elements overlapped. Not a test: run it on an idle machine.
"""
import argparse
import itertools
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

BATCH = re.compile(r"<(\w+)> takes a batch of \d+ frames from (\d+)")
WORK = re.compile(r"^(\d+):(\d+):([\d.]+) +\d+ +(0x\w+) .*<(\w+)> inference (begins|ends)")


def play(options: argparse.Namespace, workers: int, log: str = "") -> float:
    """Milliseconds per frame."""
    with tempfile.TemporaryDirectory() as directory:
        report = pathlib.Path(directory) / "report.json"
        stream = (f"filesrc location={options.video} ! decodebin ! identity eos-after="
                  f"{options.frames + 1} ! queue ! {options.elements} ! perfmeter interval=0 "
                  f"output=json output-location={report} ! fakesink")
        environment = os.environ | {"GST_TORCH_CPU_WORKERS": str(workers)}
        if log:
            environment |= {"GST_DEBUG": "torchanalyzer:LOG", "GST_DEBUG_FILE": log,
                            "GST_DEBUG_NO_COLOR": "1"}
        subprocess.run(["gst-launch-1.0", "-q", *stream.split()], check=True, env=environment)
        return json.loads(report.read_text().splitlines()[-1])["interbuffer"]["mean"] / 1e6


def inferences(log: str) -> list[dict]:
    """Name (element and frame), worker, begin and duration in us of each inference in a log."""
    frame: dict[str, str] = {}
    begun: dict[str, tuple[float, str]] = {}  # by element
    found = []
    for line in pathlib.Path(log).read_text(encoding="utf-8").splitlines():
        if match := BATCH.search(line):
            frame[match[1]] = match[2]
        elif match := WORK.match(line):
            time = (int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3])) * 1e6
            element = match[5]
            if match[6] == "begins":
                begun[element] = (time, match[4])
            elif element in begun:
                begin, worker = begun.pop(element)
                found.append({"name": f"{element} frame {frame.get(element, '?')}", "ph": "X",
                              "pid": 1, "tid": worker, "ts": begin, "dur": time - begin})
    return found


def overlap(works: list[dict]) -> float:
    """Share of the time with inference in which two or more ran."""
    edges = sorted([(work["ts"], 1) for work in works]
                   + [(work["ts"] + work["dur"], -1) for work in works])
    running, busy, together = 0, 0.0, 0.0
    for (time, change), (following, _) in itertools.pairwise(edges):
        running += change
        busy += (following - time) * (running > 0)
        together += (following - time) * (running > 1)
    return together / busy if busy else 0.0


def write_trace(options: argparse.Namespace, workers: int) -> None:
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        play(options, workers, log.name)
        works = inferences(log.name)
    file = options.trace / f"workers-{workers}.json"
    file.write_text(json.dumps({"traceEvents": works}), encoding="utf-8")
    print(f"{workers} workers: two models computed during {100 * overlap(works):.0f} % of the time "
          f"({file})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", default="1,2")
    parser.add_argument("--elements", default="scenedetect ! raftflow ! loftrmatch")
    parser.add_argument("--trace", type=pathlib.Path)
    options = parser.parse_args()
    numbers = [int(number) for number in options.workers.split(",")]
    times: dict[int, list[float]] = {number: [] for number in numbers}
    for _ in range(options.rounds):
        for number in numbers:
            times[number].append(play(options, number))
    first = statistics.median(times[numbers[0]])
    for number in numbers:
        median = statistics.median(times[number])
        print(f"{number} workers: {median:.1f} ms a frame, {median / first:.2f} x")
    if options.trace:
        options.trace.mkdir(parents=True, exist_ok=True)
        for number in numbers:
            write_trace(options, number)


if __name__ == "__main__":
    main()
