#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Measures frames per second of shot detectors on one long video, in one run, and our memory use.

    meson devenv -C build python3 ../tests/bench/scenes/speed.py --work DIR [--frames N]
        [--model NAME...] [--no-peers]

The video repeats the films of the part `report` (evaluate.py builds them) in sequence, 256x144. Our
detector runs as a pipeline of decodebin, scenedetect and perfmeter; perfmeter reports resident
memory after a tenth of the frames and after all. Each detector decodes the video itself.
"""

import argparse
import json
import pathlib
import subprocess
import tempfile
import time

import build_set
import detectors

INTERVAL = 250_000_000  # ns between perfmeter's reports


def long_video(work, frames):
    """Copies the films of the part in sequence until the video has that many frames."""
    _, videos = build_set.prepare("report", work)
    out = work / f"scenes/long-{frames}.mp4"
    if out.exists():
        return out
    films = "".join(f"file '{path.resolve()}'\n" for path in sorted(videos.glob("film*.mp4")))
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listed:
        listed.write(films * (frames // 5000 + 1))
        listed.flush()
        subprocess.run(["ffmpeg", "-y", "-loglevel", "error", "-f", "concat", "-safe", "0", "-i",
                        listed.name, "-c", "copy", "-frames:v", str(frames), str(out)], check=True)
    return out


def reports(path, model):
    """perfmeter's reports, in order, from a pipeline with scenedetect."""
    with tempfile.TemporaryDirectory() as directory:
        listed = pathlib.Path(directory) / "reports.json"
        subprocess.run(["gst-launch-1.0", "-q", "filesrc", f"location={path}", "!", "decodebin",
                        "!", "queue", "!", "scenedetect", f"model={model}", "batch-size=4", "!",
                        "perfmeter", "output=json", f"output-location={listed}",
                        f"interval={INTERVAL}", "!", "fakesink"], check=True)
        return [json.loads(line) for line in listed.read_text().splitlines()]


def ours(path, frames, model):
    found = reports(path, model)
    tenth = next(report for report in found if report["buffers"] >= frames / 10)
    held = [report["process"]["rss"] / 1e6 for report in (tenth, found[-1])]
    return found[-1]["rate_average"], f"{held[0]:.1f} | {held[1]:.1f} | {held[1] - held[0]:+.1f}"


def peer(path, frames, detector):
    begin = time.perf_counter()
    detector(path)
    return frames / (time.perf_counter() - begin), " | | "


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.
                                     RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--frames", type=int, default=6000)
    parser.add_argument("--model", nargs="*", default=["transnetv2", "resnet18", "resnet18-lite"])
    parser.add_argument("--no-peers", dest="peers", action="store_false")
    options = parser.parse_args()
    path = long_video(options.work, options.frames)
    print(f"{options.frames} frames\n\n| detector | frames/s | MB at a tenth | MB at the end | |\n"
          "|---|---|---|---|---|")
    runs = {detectors.name_of(model): (ours, model) for model in options.model}
    if options.peers:
        runs |= {name: (peer, detector) for name, detector in detectors.PEERS.items()}
    for name, (run, what) in runs.items():
        rate, memory = run(path, options.frames, what)
        print(f"| {name} | {rate:.0f} | {memory} |", flush=True)


if __name__ == "__main__":
    main()
