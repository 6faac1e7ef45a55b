# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What the machine is, and whether it is idle."""
import dataclasses
import os
import pathlib
import time

STAT = pathlib.Path("/proc/stat")
IDLE_SHARE = 0.1  # of all cores may be busy with something else
WAIT_S = 300
SAMPLE_S = 2.0


@dataclasses.dataclass(frozen=True)
class CpuTimes:
    """Jiffies of all cores since the start."""
    busy: int
    total: int


def parse_stat(text: str) -> CpuTimes:
    """The first line of /proc/stat: user nice system idle iowait irq softirq steal guest
    guest_nice. Guests are in user and nice already; waiting for a disk is idle."""
    name, *values = text.split("\n", 1)[0].split()
    if name != "cpu" or len(values) < 4:
        raise ValueError("the first line of /proc/stat does not have the times of all cores")
    numbers = [int(value) for value in values[:8]]
    total = sum(numbers)
    return CpuTimes(total - numbers[3] - (numbers[4] if len(numbers) > 4 else 0), total)


def busy_share(before: CpuTimes, after: CpuTimes) -> float:
    return (after.busy - before.busy) / max(1, after.total - before.total)


def read_times() -> CpuTimes:
    return parse_stat(STAT.read_text())


def sample(read=read_times, sleep=time.sleep) -> float:
    """The busy share of all cores over the next moments, while this program waits."""
    before = read()
    sleep(SAMPLE_S)
    return busy_share(before, read())


def wait_until_idle(limit_s: float = WAIT_S, measure=sample) -> float:
    """Returns the busy share once it is low, or that of the end if it stays high."""
    busy = measure()
    for _ in range(int(limit_s / SAMPLE_S)):
        if busy <= IDLE_SHARE:
            break
        busy = measure()
    return busy


def describe() -> dict[str, object]:
    info = pathlib.Path("/proc/cpuinfo").read_text()
    names = [line.partition(":")[2].strip() for line in info.splitlines()
             if line.startswith("model name")]
    return {"cpu": names[0] if names else "unknown", "cores": len(os.sched_getaffinity(0))}
