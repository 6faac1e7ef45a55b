# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Results of rows: kept in a file from run to run, and compared with an earlier run."""
import dataclasses
import hashlib
import json
import pathlib
import statistics

from suite import rounds, rows

NOTABLE = 0.1  # relative change of a ratio


def fingerprint(row: rows.Row, programs: list[pathlib.Path]) -> str:
    """Changes with the row and with the programs, so that a repeated run measures it again."""
    state = [repr(row)] + [f"{path} {path.stat().st_mtime_ns}" for path in programs]
    return hashlib.sha256("\n".join(state).encode()).hexdigest()[:16]


def summary(row: rows.Row, results: dict[str, rounds.Result], failures: dict[str, str],
            accuracy: dict[str, dict], peak_gflops: float | None, busy: float) -> dict:
    """A row of the file. A ratio is the time of the first contender, divided by that of another."""
    first = results.get(row.contenders[0].name)
    gflop = next((result.gflop for result in results.values() if result.gflop), None)
    entries = []
    for spec in row.contenders:
        result = results.get(spec.name)
        if result is None:
            entries.append({"name": spec.name, "failed": failures.get(spec.name, "not run")})
            continue
        ms = statistics.median(result.ms)
        entry = {"name": spec.name, "ms": round(ms, 3), "rounds": len(result.ms)}
        if result.peak_resident_bytes:
            entry["memory_mb"] = round(result.peak_resident_bytes / 1e6)
        if result.start_s:
            entry["start_s"] = round(result.start_s, 2)
        if first and result is not first:
            entry["ratio"] = round(rounds.ratio(first.ms, result.ms), 4)
        if gflop and peak_gflops and spec.runtime not in ("dis", "sift", "xfeat"):
            entry["share_of_peak"] = round(gflop / (ms / 1e3) / peak_gflops, 4)
        entries.append(entry | {"accuracy": accuracy.get(spec.name, {})})
    return {"key": row.key, "title": row.title, "busy_share": round(busy, 3), "contenders": entries}


@dataclasses.dataclass
class Store:
    """The rows measured so far; written after each row, so that an interrupted run continues."""
    path: pathlib.Path
    content: dict

    @classmethod
    def open(cls, path: pathlib.Path, again: bool = False) -> "Store":
        if again or not path.exists():
            return cls(path, {"rows": []})
        return cls(path, json.loads(path.read_text()))

    def has(self, key: str, state: str) -> bool:
        return any(row["key"] == key and row.get("state") == state for row in self.content["rows"])

    def put(self, row: dict) -> None:
        others = [other for other in self.content["rows"] if other["key"] != row["key"]]
        self.content["rows"] = [*others, row]
        self.write()

    def write(self) -> None:
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps(self.content, indent=1) + "\n")
        partial.rename(self.path)


def ratios(content: dict) -> dict[tuple[str, str], float]:
    return {(row["key"], entry["name"]): entry["ratio"] for row in content["rows"]
            for entry in row["contenders"] if "ratio" in entry}


def changes(earlier: dict, now: dict) -> list[str]:
    """Ratios that differ by more than a tenth from those of an earlier run, as text."""
    before = ratios(earlier)
    found = []
    for (key, name), ratio in ratios(now).items():
        old = before.get((key, name))
        if old and abs(ratio / old - 1) > NOTABLE:
            found.append(f"{key}, {name}: ratio {old:.3f} -> {ratio:.3f} ({ratio / old - 1:+.0%})")
    return found
