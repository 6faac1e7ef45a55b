#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Measures what perfmeter costs, and compares its figures with those of GStreamer's tracers. Not a
test: run it in `meson devenv -C build`. Rounds with and without the meter alternate; the results
are medians."""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

SHORTEST_COMPARED = 200_000  # ns
METER = "perfmeter interval={interval} measure={measure} output=json output-location={file}"


def run(line: str, tracers: str = "") -> tuple[float, str]:
    """Returns the seconds in gst-launch, and the tracers' output. The tracers write within the
    measured times, so they write to a file in memory: a pipe with a slow reader would add time."""
    environment = os.environ | {"GST_DEBUG_NO_COLOR": "1"}
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.NamedTemporaryFile("r", dir=memory) as log:
        if tracers:
            environment |= {"GST_TRACERS": tracers, "GST_DEBUG": "GST_TRACER:7",
                            "GST_DEBUG_FILE": log.name}
        started = time.perf_counter()
        subprocess.run(["gst-launch-1.0", "-q", *line.split()], check=True, capture_output=True,
                       env=environment)
        return time.perf_counter() - started, log.read()


def meter(file: str, measure: str, interval: int = 0) -> str:
    return METER.format(interval=interval, measure=measure, file=file)


def last_record(file: str) -> dict:
    return json.loads(pathlib.Path(file).read_text().splitlines()[-1])


def cost(file: str, elements: int, buffers: int, rounds: int, source: str) -> None:
    """The meter reports the rate in both cases; without `pipeline` it measures its pads only."""
    chain = " ! ".join(["identity silent=true"] * elements)
    rates: dict[str, list[float]] = {"process": [], "pipeline+process": []}
    seconds: dict[str, list[float]] = {"process": [], "pipeline+process": []}
    for _ in range(rounds):
        for measure, found in rates.items():
            run(f"{source} num-buffers={buffers} ! {chain} ! {meter(file, measure)} ! fakesink")
            found.append(last_record(file)["rate_average"])
            seconds[measure].append(last_record(file)["process"]["cpu_seconds"])
    plain, watched = (statistics.median(rates[key]) for key in rates)
    ratios = sorted(plain / watched for plain, watched in zip(*rates.values()))
    # A measured pipeline has the meter, the source and the sink in addition to the identities.
    slower = statistics.median(ratios) - 1
    busier = statistics.median(after / before for before, after in zip(*seconds.values())) - 1
    print(f"cost [{source}], CPU time: {busier:.1%} in all, "
          f"{busier / (elements + 3):.2%} for each element watched")
    print(f"cost [{source}]: {elements} identities, {plain:.0f}/s plain, {watched:.0f}/s watched: "
          f"{slower:.1%} in all ({ratios[0] - 1:.1%} to {ratios[-1] - 1:.1%}), "
          f"{slower / (elements + 3):.2%} for each element watched, "
          f"{1e9 * (1 / watched - 1 / plain) / (elements + 3):.0f} ns")


def own_cost(file: str, elements: int, buffers: int, rounds: int, source: str) -> None:
    """Compares a pipeline with the meter to one with an identity in its place."""
    chain = " ! ".join(["identity silent=true"] * elements)
    times: dict[str, list[float]] = {"identity silent=true": [], meter(file, "process"): []}
    for _ in range(rounds):
        for extra, found in times.items():
            found.append(run(f"{source} num-buffers={buffers} ! {chain} ! {extra} ! fakesink")[0])
    identity, metered = (statistics.median(found) for found in times.values())
    print(f"as one of {elements + 1} elements [{source}]: {metered / identity:.3f} of the time with "
          "an identity in its place")


def element_latencies(text: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    pattern = r"element-latency,.*? element=\(string\)([\w-]+),.*? time=\(guint64\)(\d+),"
    for element, nanoseconds in re.findall(pattern, text):
        found.setdefault(element, []).append(int(nanoseconds))
    return found


def against_latency(file: str, frames: int) -> None:
    _, said = run(f"videotestsrc num-buffers={frames} ! video/x-raw,width=1280,height=720 ! queue "
                  "max-size-buffers=3 ! videoconvert ! video/x-raw,format=RGB ! videoscale ! "
                  "video/x-raw,width=400,height=300 ! identity name=slow sleep-time=4000 ! "
                  f"{meter(file, 'pipeline')} ! fakesink", "latency(flags=element)")
    told = {element["name"]: element for element in last_record(file)["elements"]}
    for name, times in element_latencies(said).items():
        if statistics.median(times) < SHORTEST_COMPARED:  # mostly the tracer's own writes
            continue
        duration = told.get(name, {}).get("processing") or told.get(name, {}).get("queueing")
        if not duration:
            continue
        p50 = duration["p50"] / statistics.median(times)
        mean = duration["mean"] / statistics.mean(times)
        print(f"latency tracer: {name}: median {statistics.median(times) / 1e3:.1f} us, perfmeter / "
              f"tracer: p50 {p50:.3f}, mean {mean:.3f}")


def against_rusage(file: str, frames: int) -> None:
    _, said = run(f"videotestsrc num-buffers={frames} ! video/x-raw,width=1280,height=720 ! queue ! "
                  "videoscale ! video/x-raw,width=640,height=360 ! "
                  f"{meter(file, 'process')} ! fakesink", "rusage")
    cpu = re.findall(r"proc-rusage,.* time=\(guint64\)(\d+);", said)
    record = last_record(file)
    if not cpu:
        print("rusage tracer: no figures")
        return
    tracer = int(cpu[-1]) / 1e9
    print(f"rusage tracer: {tracer:.2f} s of CPU time, perfmeter / tracer: "
          f"{record['process']['cpu_seconds'] / tracer:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--elements", type=int, default=20)
    parser.add_argument("--buffers", type=int, default=100000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        file = directory + "/perf.jsonl"
        against_latency(file, 300)
        against_rusage(file, 1500)
        for source in ("fakesrc", "videotestsrc"):
            cost(file, options.elements, options.buffers // (1 if source == "fakesrc" else 10),
                 options.rounds, source)
        own_cost(file, options.elements, options.buffers, options.rounds, "fakesrc")


if __name__ == "__main__":
    main()
