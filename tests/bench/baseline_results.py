# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What baseline.py makes of its measurements: shots, their list, and statistics of times."""
import csv
import pathlib
import statistics

# A shot begins at a frame whose distance from the previous frame is above `least`, and above
# CUT_RATIO times the median of the distances up to CUT_WINDOW frames away. So a moving camera is no
# cut.
CUT_RATIO, CUT_WINDOW = 4, 8


def boundaries(distances: list[float], least: float) -> list[int]:
    """First frames of new shots. The first distance has no meaning: no frame is before it."""
    found = []
    for index in range(1, len(distances)):
        near = (distances[max(1, index - CUT_WINDOW):index]
                + distances[index + 1:index + 1 + CUT_WINDOW])
        usual = statistics.median(near) if near else 0
        if distances[index] > max(least, CUT_RATIO * usual):
            found.append(index)
    return found


def timecode(seconds: float) -> str:
    minutes, seconds = divmod(seconds, 60)
    return f"{int(minutes) // 60:02d}:{int(minutes) % 60:02d}:{seconds:06.3f}"


def write_shots(path: pathlib.Path, starts: list[int], frames: int, rate: float) -> None:
    """PySceneDetect's list: frames count from 1, and the end frame belongs to the shot."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        names = ["Frame", "Timecode", "Time (seconds)"]
        rows.writerow(["Scene Number", *(f"Start {name}" for name in names),
                       *(f"End {name}" for name in names),
                       *(f"Length ({unit})" for unit in ("frames", "timecode", "seconds"))])
        for number, (start, end) in enumerate(zip([0, *starts], [*starts, frames]), 1):
            times = [frame / rate for frame in (start, end, end - start)]
            cells = [cell for frame, at in zip((start + 1, end, end - start), times)
                     for cell in (frame, timecode(at), f"{at:.3f}")]
            rows.writerow([number, *cells])


def summarize(ms: list[float]) -> dict[str, float]:
    ordered = sorted(ms)
    return {"mean": round(statistics.fmean(ms), 3), "p50": round(statistics.median(ms), 3),
            "p95": round(ordered[min(len(ms) - 1, len(ms) * 95 // 100)], 3), "n": len(ms)}
