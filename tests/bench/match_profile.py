#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Measures what each stage of matching computes, allocates and moves, in a stream and in the order
of the authors' code.

    match_profile.py WEIGHTS VIDEO --size 320x240

Prints a table. build/tests/nn/match_stages measures time, arithmetic and bytes of tensors for the
last of --frames frames. The bytes moved come from callgrind's simulation of one core's caches (32
KiB and 1 MiB, lines of 64 bytes; one thread, AVX2, because valgrind does not support AVX-512):
misses times 64 bytes. Needs opencv in the Python that runs it, valgrind, and match_stages built
with valgrind's headers.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import tempfile

from match_ratio import ROOT, grey_frames

CACHES = ["--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=1048576,8,64"]
SIMULATED = {"OMP_NUM_THREADS": "1", "ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"}


def stages(output: str) -> dict[str, dict]:
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return {line["stage"]: line for line in lines if "stage" in line}


def run(command: list, **environment: str) -> str:
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True,
                          env={"GOMP_SPINCOUNT": "10000", **os.environ, **environment}).stdout


def moved(directory: pathlib.Path) -> dict[str, dict]:
    """Megabytes per stage, read and written beyond the first and the second cache."""
    found = {}
    for path in directory.glob("callgrind.*"):
        text = path.read_text()
        stage = re.search(r"Trigger: Client Request: (.*)", text)
        if not stage:
            continue
        names = re.search(r"^events: (.*)", text, re.M).group(1).split()
        counts = dict(zip(names, map(int, re.search(r"^(?:totals|summary): (.*)", text, re.M).group(1).split())))
        found[stage.group(1).strip()] = {
            "instructions": counts["Ir"] / 1e6, "read": counts["D1mr"] * 64 / 1e6,
            "written": counts["D1mw"] * 64 / 1e6, "far_read": counts["DLmr"] * 64 / 1e6,
            "far_written": counts["DLmw"] * 64 / 1e6}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights")
    parser.add_argument("video")
    parser.add_argument("--size", default="320x240", help="WxH, multiples of 8")
    parser.add_argument("--frames", type=int, default=6)
    parser.add_argument("--program", default=ROOT / "build/tests/nn/match_stages")
    args = parser.parse_args()
    width, height = map(int, args.size.split("x"))
    print("| order | stage | ms | GMAC | held MB | left MB | MB read, written beyond 32 KiB | beyond 1 MiB | "
          "FLOP a byte beyond 1 MiB |\n|---|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(temporary)
        for order in ("stock", "stream"):
            (work / "long.raw").write_bytes(grey_frames(args.video, args.frames, (width, height)))
            few = 2 if order == "stock" else 3  # a stream computes more for its first pair
            (work / "short.raw").write_bytes(grey_frames(args.video, few, (width, height)))
            program = [args.program, args.weights, work / "long.raw", width, height, order]
            timed = stages(run(program))
            directory = work / order
            directory.mkdir()
            program[2] = work / "short.raw"
            run(["valgrind", "--tool=callgrind", *CACHES, f"--callgrind-out-file={directory}/callgrind.out", *program],
                **SIMULATED)
            traffic = moved(directory)
            for stage, row in timed.items():
                t = traffic[stage]
                far = t["far_read"] + t["far_written"]
                print(f"| {order} | {stage} | {row['ms']:.1f} | {row['gmac']:.2f} | {row['peak_mb']:.1f} | "
                      f"{row['left_mb']:.1f} | {t['read']:.0f}, {t['written']:.0f} | {t['far_read']:.1f}, "
                      f"{t['far_written']:.1f} | {2e3 * row['gmac'] / max(far, 1e-3):.0f} |")


if __name__ == "__main__":
    main()
