# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Contenders: processes that stay up and time frames on request, and the rounds in which they take
turns.

A contender prints a line of JSON when it is ready ({"load_ms": ...}, perhaps {"gflop": ...}). Then
it answers each line of its input, a number of frames, with {"ms": [...]}. worker.py and
`gst-torch bench --worker` do so.
"""
import dataclasses
import json
import os
import pathlib
import select
import statistics
import subprocess
import time

START_S, ROUND_S = 180, 240


class Failed(Exception):
    """A contender ended, printed no answer in time, or cannot do what is asked."""


@dataclasses.dataclass
class Result:
    """Of one contender in one row; times of each round are the median of its frames."""
    ms: list[float]
    start_s: float
    peak_resident_bytes: int
    gflop: float | None = None
    accuracy: dict[str, float] = dataclasses.field(default_factory=dict)


def peak_resident_bytes(pid: int) -> int:
    """Of a process since it began its program, and of its descendants. getrusage() would add what
    its parent used."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # it has ended
        return 0
    own = sum(int(line.split()[1]) * 1024 for line in status.splitlines()
              if line.startswith("VmHWM:"))
    return own + sum(peak_resident_bytes(int(child)) for child in children)


class Contender:
    def __init__(self, name: str, command: list[str], environment: dict[str, str] | None = None):
        self.name, self.command, self.environment = name, command, environment or {}
        self.has_memory = True  # of its own
        self.process: subprocess.Popen | None = None
        self.buffer = b""
        self.ready: dict = {}
        self.start_s = 0.0

    def start(self) -> None:
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=os.environ | self.environment)
        self.ready = self.answer(START_S)
        self.start_s = time.perf_counter() - begin

    def run(self, frames: int) -> dict:
        try:
            self.process.stdin.write(f"{frames}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            self.fail("it has ended")
        answer = self.answer(ROUND_S)
        peak = peak_resident_bytes(self.process.pid) if self.has_memory else 0
        return answer | {"peak_resident_bytes": peak}

    def answer(self, timeout_s: float) -> dict:
        """The next line of its output that is a JSON object; libraries print other lines."""
        end = time.monotonic() + timeout_s
        while True:
            line, found, rest = self.buffer.partition(b"\n")
            if not found:
                self.read_more(end - time.monotonic())
                continue
            self.buffer = rest
            if line.startswith(b"{"):
                return json.loads(line)

    def read_more(self, timeout_s: float) -> None:
        there, _, _ = select.select([self.process.stdout], [], [], max(0, timeout_s))
        if not there:
            self.fail("no answer in time")
        more = os.read(self.process.stdout.fileno(), 1 << 16)
        if not more:
            self.fail("it has ended")
        self.buffer += more

    def fail(self, why: str) -> None:
        self.process.kill()
        said = self.process.stderr.read().decode(errors="replace").strip().splitlines()
        self.stop()
        raise Failed(said[-1] if said else why)

    def stop(self) -> None:
        if not self.process:
            return
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        self.process = None


def start_all(contenders: list, failures: dict[str, str]) -> list:
    started = []
    for contender in contenders:
        try:
            contender.start()
            started.append(contender)
        except (Failed, OSError) as error:
            failures[contender.name] = str(error)
    return started


def interleave(contenders: list, rounds: int,
               frames: int) -> tuple[dict[str, Result], dict[str, str]]:
    """All contenders take turns in each round. Returns the results, and why others have none."""
    failures: dict[str, str] = {}
    running = start_all(contenders, failures)
    results: dict[str, Result] = {}
    try:
        for _ in range(rounds):
            for contender in list(running):
                try:
                    add(results, contender, contender.run(frames))
                except Failed as error:
                    failures[contender.name] = str(error)
                    results.pop(contender.name, None)
                    running.remove(contender)
    finally:
        for contender in running:
            contender.stop()
    return results, failures


def add(results: dict[str, Result], contender, answer: dict) -> None:
    ready = contender.ready
    result = results.setdefault(contender.name, Result(
        [], contender.start_s, 0, ready.get("gflop"), ready.get("accuracy", {})))
    result.ms.append(statistics.median(answer["ms"]))
    result.peak_resident_bytes = max(result.peak_resident_bytes, answer["peak_resident_bytes"])


def ratio(ours: list[float], others: list[float]) -> float:
    """The median over the rounds of our time divided by theirs: what slows a whole round down does
    not change it."""
    return statistics.median(a / b for a, b in zip(ours, others))
