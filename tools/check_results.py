#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Is a results directory complete? One line of results.jsonl per frame, in order, flow, a video."""
import json
import pathlib
import sys

MATROSKA = b"\x1a\x45\xdf\xa3"


def problem(directory: pathlib.Path, expected: int | None) -> str | None:
    try:
        records = [json.loads(line) for line in (directory / "results.jsonl").open()]
        video = (directory / "flow.mkv").read_bytes()
        json.loads((directory / "run.json").read_text())
    except (OSError, ValueError) as error:
        return str(error)
    if expected is not None and len(records) != expected:
        return f"results.jsonl has {len(records)} lines, not {expected}"
    if [record["frame"] for record in records] != list(range(len(records))):
        return "the lines of results.jsonl are not those of frames 0, 1, 2, ..."
    if len(records) > 1 and not any("mean_magnitude" in flow for record in records
                                    for flow in record.get("flow", [])):
        return "no frame has flow"
    if not records:
        return "results.jsonl is empty"
    if not video.startswith(MATROSKA):
        return "flow.mkv is no video"
    return None


def main() -> None:
    found = problem(pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None)
    if found:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {found}")


if __name__ == "__main__":
    main()
