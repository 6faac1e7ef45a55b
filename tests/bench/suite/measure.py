# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Measures row after row. tests/bench/run starts it in the benchmark's Python environment and in
that of the build."""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import subprocess
import sys
import time

from suite import contenders, machine, report, results, rounds, rows
from suite.data import Data

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMITTED = ROOT / "tests" / "bench" / "last_run.json"
PAIRS = ROOT.parent / "shared" / "data" / "flow"
MINUTES = {"quick": 10, "full": 60}
# Short frames, and pipelines, at whose ends the elements have less to do, need more of them.
MORE_FRAMES = {"scenes": 10, "all": 6}
RESERVE_S = 90  # for the row that is running when the time is up
BUSY = "import time\nend = time.time() + 900\nwhile time.time() < end: pass"


@contextlib.contextmanager
def busy_core(wanted: bool):
    """Keeps one core busy meanwhile. Yields the process that does, or None."""
    if not wanted:
        yield None
        return
    with subprocess.Popen([sys.executable, "-c", BUSY]) as process:
        try:
            yield process
        finally:
            process.kill()


class Benchmark:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.build = ROOT / "build"
        self.work = self.build / "bench" / "work"
        self.store = results.Store.open(self.build / "bench" / "results.json", options.again)
        if options.tier == "quick" and not self.store.content.get("left"):
            self.store.content["rows"] = []
        self.data = Data(self.build / "deps" / "videos" / "bikes.mp4", self.work)
        self.programs = [self.build / "tools" / "gst-torch",
                         self.build / "lib" / "nn" / "libgsttorch-engine.so"]
        self.end = time.monotonic() + 60 * MINUTES.get(options.tier, 0) - RESERVE_S

    def run(self) -> int:
        """Returns the number of rows that are left for another run, which then continues."""
        left = self.measure_rows()
        self.store.content["left"] = left
        self.store.write()
        return left

    def measure_rows(self) -> int:
        chosen = [row for row in (rows.quick() if self.options.tier == "quick" else rows.full())
                  if not self.options.row or row.key in self.options.row]
        todo = [row for row in chosen
                if not self.store.has(row.key, results.fingerprint(row, self.programs))]
        if todo:
            self.prepare()
        for position, row in enumerate(todo):
            if time.monotonic() > self.end:
                return len(todo) - position
            self.measure(row)
        return 0

    def prepare(self) -> None:
        busy = machine.wait_until_idle(self.options.wait)
        if busy > machine.IDLE_SHARE:
            print(f"the machine is busy ({busy:.0%}): the rows are marked", file=sys.stderr)
        peak = subprocess.run([sys.executable, str(contenders.HERE / "peak.py")], text=True,
                              capture_output=True, check=True, timeout=120)
        self.store.content |= json.loads(peak.stdout) | {
            "date": datetime.date.today().isoformat(), "machine": machine.describe(),
            "torch": torch_version()}

    def measure(self, row: rows.Row) -> None:
        busy = machine.sample()
        with busy_core(row.has_busy_core):
            measured, failures = rounds.interleave(
                contenders.make(row, self.data), self.options.rounds, self.frames(row))
        summary = results.summary(row, measured, failures, self.accuracy(row, measured),
                                  self.store.content.get("peak_gflops"), busy)
        self.store.put(summary | {"state": results.fingerprint(row, self.programs)})
        print(report.text(summary), end="\n\n", flush=True)

    def frames(self, row: rows.Row) -> int:
        return self.options.frames * MORE_FRAMES.get(row.stage, 1)

    def accuracy(self, row: rows.Row, measured: dict[str, rounds.Result]) -> dict[str, dict]:
        if row.stage == "programs" and len(measured) == len(row.contenders):
            return {row.contenders[0].name: contenders.compare(self.work)}
        if row.stage == "shots":
            return {name: result.accuracy for name, result in measured.items()}
        if not row.has_accuracy:
            return {}
        if not PAIRS.is_dir():
            print("no accuracy: ../shared/data/flow is missing", file=sys.stderr)
            return {}
        return {spec.name: contenders.accuracy(row, spec, PAIRS) for spec in row.contenders
                if spec.name in measured}


def torch_version() -> str:
    import torch
    return torch.__version__.partition("+")[0]


def print_changes(content: dict) -> None:
    if not COMMITTED.exists():
        return
    for line in results.changes(json.loads(COMMITTED.read_text()), content):
        print(f"differs from docs/performance.md: {line}")


def write_docs(content: dict) -> None:
    """Without what only resuming needs."""
    kept = content | {"rows": [{name: value for name, value in row.items() if name != "state"}
                               for row in content["rows"]]}
    kept.pop("left", None)
    COMMITTED.write_text(json.dumps(kept, indent=1) + "\n")
    (ROOT / "docs" / "performance.md").write_text(report.page(kept))
    (ROOT / "docs" / "performance.svg").write_text(report.picture(kept))


def main(options: argparse.Namespace) -> int:
    benchmark = Benchmark(options)
    left = 0
    if options.tier:
        left = benchmark.run()
        picture = benchmark.store.path.with_suffix(".svg")
        picture.write_text(report.picture(benchmark.store.content))
        print(f"{os.path.relpath(benchmark.store.path)}, {os.path.relpath(picture)}")
        print_changes(benchmark.store.content)
    if left:
        print(f"{left} rows are left: run the same command again")
    if options.write_docs:
        write_docs(benchmark.store.content)
    return 0
