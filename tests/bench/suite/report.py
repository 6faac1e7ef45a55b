# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The results as text, as docs/performance.md and as a picture. Needs only the standard library."""
import html

IDLE_SHARE = 0.1
HEAD = ("contender", "ms per frame", "ratio", "share of peak", "quality", "memory, MB", "start, s")


def number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f} %"


def quality(accuracy: dict[str, float]) -> str:
    words = {"epe": "EPE {:.3f} px", "right": "{:.0f} right", "precision": "{:.1%} right",
             "f1": "F1 {:.3f}", "score": "score {:.3f}", "flow": "flow {:.3f}",
             "matches": "matches {:.3f}", "scenes": "shots {:.3f}"}
    return ", ".join(words[name].format(value) for name, value in accuracy.items() if name in words)


def cells(entry: dict) -> list[str]:
    if "failed" in entry:
        return [entry["name"], "failed: " + entry["failed"].replace("|", " "), "", "", "", "", ""]
    return [entry["name"], number(entry["ms"], 1), number(entry.get("ratio"), 2),
            percent(entry.get("share_of_peak")), quality(entry["accuracy"]),
            number(entry.get("memory_mb"), 0), number(entry.get("start_s"), 1)]


def title(row: dict) -> str:
    busy = row["busy_share"]
    mark = f" (the machine was busy: {100 * busy:.0f} %)" if busy > IDLE_SHARE else ""
    return row["title"] + mark


def text(row: dict) -> str:
    table = [HEAD, *(cells(entry) for entry in row["contenders"])]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
             for line in table]
    return "\n".join([title(row), *(f"  {line}" for line in lines)])


def markdown(row: dict) -> str:
    lines = [f"**{title(row)}**", "", "| " + " | ".join(HEAD) + " |", "|---" * len(HEAD) + "|"]
    lines += ["| " + " | ".join(cells(entry)) + " |" for entry in row["contenders"]]
    return "\n".join(lines)


PAGE = """# Performance

`tests/bench/run --write-docs` wrote this page from a run of the benchmark; do not edit it by hand.

{machine}

The programs of a table take turns, and a time is the median over the rounds of the median frame. A
ratio is the time of the first row divided by that of another row: below 1, the first row is faster.
It is the median over the rounds, so that it changes less than the times if the machine is busy.

"Share of peak" is the arithmetic of the stock model, as PyTorch counts it, divided by the time and
by the machine's peak. gst-torch and the compiled models save some of this arithmetic. EPE and right
matches (within 3 px of the true flow) are means over Middlebury's pairs with known flow. The score
of whole programs, where there is one, is that of gst-torch's command `compare` with the baseline as
the reference. "Start" is the time from the start of the process until it has processed its first
three frames.

The stock models are torchvision's ResNet-18 and RAFT and kornia's LoFTR, with this project's
weights, as [baseline.py](../tests/bench/baseline.py) runs them: nothing is reused from frame to
frame. In the rows of LoFTR, OpenVINO and ONNX Runtime compute the backbone and the coarse
transformer, and PyTorch computes the rest.

![times relative to the slowest of each table](performance.svg)

## Results

{tables}

## How to measure

```sh
tests/bench/run --quick               # at most 10 minutes on two cores
tests/bench/run --full                # at most 60 minutes; run it again to continue
tests/bench/run --write-docs          # this page, from the last run
```

The first run makes a Python environment (5 GB) under `build/`, from
`tests/bench/requirements.txt`. Rows that were measured while the machine was busy are marked. If a
ratio differs by more than 10 % from that of this page, the run prints it.
"""


def machine_line(content: dict) -> str:
    machine = content["machine"]
    peak = content.get("peak_gflops")
    measured = f", peak {peak:.0f} GFLOP/s" if peak else ""
    return (f"Measured on {content['date']}: {machine['cpu']}, {machine['cores']} cores{measured}; "
            f"PyTorch {content['torch']}.")


def page(content: dict) -> str:
    return PAGE.format(machine=machine_line(content),
                       tables="\n\n".join(markdown(row) for row in content["rows"]))


BAR, LABEL, LINE, GAP = 420, 220, 20, 30


def bars(row: dict, top: int) -> tuple[list[str], int]:
    """The lines of a table's part of the picture, and where the next part begins."""
    measured = [entry for entry in row["contenders"] if "ms" in entry]
    slowest = max((entry["ms"] for entry in measured), default=1)
    parts = [f'<text x="4" y="{top + 14}" font-weight="bold">{html.escape(title(row))}</text>']
    y = top + LINE
    for index, entry in enumerate(measured):
        width = max(1, round(BAR * entry["ms"] / slowest))
        colour = "#2a6fbb" if index == 0 else "#b8c4d0"
        parts += [f'<text x="12" y="{y + 14}">{html.escape(entry["name"])}</text>',
                  f'<rect x="{LABEL}" y="{y + 3}" width="{width}" height="14" fill="{colour}"/>',
                  f'<text x="{LABEL + width + 6}" y="{y + 14}">{entry["ms"]:.1f} ms</text>']
        y += LINE
    return parts, y + GAP - LINE


def picture(content: dict) -> str:
    parts, y = [], 6
    for row in content["rows"]:
        lines, y = bars(row, y)
        parts += lines
    width = LABEL + BAR + 90
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" '
        f'font-family="sans-serif" font-size="13">',
        f'<rect width="{width}" height="{y}" fill="white"/>', *parts, "</svg>"]) + "\n"
