#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Changes single lines of the product on purpose and reports which changes no test notices.

    tests/mutate/mutate.py --work DIR [--count N] [--seed N] [--layer NAME]... [--list]

DIR gets a clone of this checkout and a build of its own, which later runs use again. Each mutation
is drawn by the seed, applied, built and tested with the suites of its layer; the last lines list
the survivors as diffs. It takes minutes per mutation of a library that much depends on, so it is
run by hand. LibTorch and the toolkit come from the build directory of this checkout (--build).
"""
import argparse
import dataclasses
import json
import pathlib
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST_PER_LAYER = 10
QUICK_SECONDS = 15
# Built for every layer: what tests load or start, which no test names as a dependency.
LOADED = re.compile(r"^(gst/plugin/.*\.so|lib/.*\.so(\.\d+)*|tools/gst-torch)$")

# The tests that have to notice a change in a layer: names of `meson test`.
UNIT = ("base", "formats", "results", "perf", "shots", "models", "matching", "engine", "device")
ELEMENTS = ("gst", "scenedetect", "analyzer", "runtime", "pipelines", "conformance", "leaks")
COMMANDS = ("cli-analyze", "cli-batch", "cli-bench", "cli-compare", "cli-device", "cli-doctor",
            "cli-exit_status", "cli-flow", "cli-inputs", "cli-match", "cli-models", "cli-outputs",
            "cli-quality", "cli-report", "cli-resume", "cli-scene_images", "cli-scenes",
            "cli-sessions", "cli-shot_model", "cli-split", "cli-times", "cli-usage", "cli-workers",
            "compare", "pages")
LAYERS = {
    "lib/base": (*UNIT, "static-data", *ELEMENTS),
    "lib/cpu": ("cpu", "nn", "gst"),
    "lib/formats": (*UNIT, "gst", "cli-flow", "cli-match", "cli-outputs"),
    "lib/results": ("results", "gst", "cli-analyze", "cli-resume", "cli-scenes", "cli-report",
                    "cli-sessions", "cli-times"),
    "lib/perf": ("perf", "perfmeter", "perfmeter-outputs", "cli-report"),
    "lib/shots": ("shots", "nn", "scenedetect", "scenes", "cli-scenes"),
    "lib/models": ("models", "runtime", "gst", "cli-models", "cli-doctor"),
    "lib/matching": ("matching", "gst", "cli-match"),
    "lib/engine": ("engine", "nn", "gst"),
    "lib/device": ("device", "gstcuda", "cli-device", "cli-doctor"),
    "lib/vision": ("vision", "gst", "cli-match"),
    "lib/nn": ("nn", "gst", "pipelines"),
    "lib/gst": (*ELEMENTS, "api-introspection", "api-runtime", "exit"),
    "gst/analysisoverlay": ("gst", "pipelines"),
    "gst/analysiswriter": ("gst", "cli-analyze", "cli-resume", "cli-sessions", "cli-times",
                           "pipelines"),
    "gst/loftrmatch": ("gst", "pipelines", "shot-matches"),
    "gst/perfmeter": ("perfmeter", "perfmeter-outputs"),
    "gst/raftflow": ("gst", "pipelines"),
    "gst/scenedetect": ("scenedetect", "pipelines", "scenes"),
    "tools/gst-torch": COMMANDS,
}

# Folders that few tests of their layer use: a mutation that survives runs all of them.
FOLDERS = {
    "tools/gst-torch/bench": ("cli-bench", "cli-usage"),
    "tools/gst-torch/compare": ("compare", "cli-compare", "cli-usage"),
    "tools/gst-torch/doctor": ("cli-doctor", "cli-device", "cli-usage"),
    "tools/gst-torch/models": ("cli-models", "cli-usage"),
    "tools/gst-torch/pairs": ("cli-flow", "cli-match", "cli-inputs", "cli-outputs", "cli-usage"),
    "tools/gst-torch/report": ("cli-report", "pages", "cli-usage"),
    "tools/gst-torch/scenes": ("cli-scenes", "cli-scene_images", "cli-shot_model", "cli-split",
                               "cli-times", "cli-inputs", "cli-outputs", "cli-usage"),
}

CONDITION = re.compile(r"^(\s*(?:if|while) \()(.+)(\)(?: \{| [^{;]*;)?)$")
STATEMENT = re.compile(r"^\s+(?!return|break|continue|case|default|const |auto |using |static |"
                       r"delete |throw |[\w:<>*&, ]+ \w+[ ={(])[\w.\->\[\]():*&]+.*;$")
RETURN = re.compile(r"^(\s+return) ([^;]+);$")
# Not within <>, where it is the size of an array or a width: that does not compile, or changes nothing.
NUMBER = re.compile(r"(?<![\w.\"'])(\d[\d']*)(?![\w.\"x>])")
SMALL = 10  # a constant below changes by one, a larger one is doubled: nothing notices 501 for 500
RAW_STRING_STARTS = re.compile(r"R\"\w*\(")
RAW_STRING_ENDS = re.compile(r"\)\w*\"")
SAME_AS_EMPTY = {"{}", "std::nullopt", "nullptr", "false", "0", "result"}
SWAPS = ((" < ", " <= "), (" > ", " >= "), (" <= ", " < "), (" >= ", " > "), (" == ", " != "),
         (" != ", " == "), (" && ", " || "), (" || ", " && "), (" + ", " - "), (" - ", " + "),
         ("true", "false"), ("false", "true"), ("std::min", "std::max"), ("std::max", "std::min"))


@dataclasses.dataclass(frozen=True)
class Mutation:
    layer: str
    file: str
    line: int  # from 0
    rule: str
    old: str
    new: str

    def diff(self) -> str:
        return f"{self.file}:{self.line + 1} ({self.rule})\n  - {self.old.strip()}\n" \
               f"  + {self.new.strip() or '(dropped)'}"


def variants(line: str) -> list[tuple[str, str]]:
    """What may become of a line of code: (rule, new line)."""
    if line.lstrip().startswith(("//", "#", "*")) or "GST_DEBUG" in line or "GST_LOG" in line:
        return []
    code = line.partition("  //")[0].rstrip()
    found = []
    if match := CONDITION.match(code):
        if ";" not in match.group(2) and match.group(2).count("(") == match.group(2).count(")"):
            found.append(("condition negated", f"{match[1]}!({match[2]}){match[3]}"))
    if STATEMENT.match(code) and code.count("(") == code.count(")"):
        found.append(("statement dropped", ""))
    if (match := RETURN.match(code)) and match[2] not in SAME_AS_EMPTY:
        found.append(("early return", f"{match[1]} {{}};"))
    for old, new in SWAPS:
        if old in code and '"' not in code:
            found.append((f"{old.strip()} for {new.strip()}", code.replace(old, new, 1)))
    if '"' not in code and (match := NUMBER.search(code)):
        number = int(match[1].replace("'", ""))
        changed = str(number + 1 if number < SMALL else 2 * number)
        found.append(("constant changed", code[:match.start()] + changed + code[match.end():]))
    return found


def code_lines(file: pathlib.Path) -> Iterator[tuple[int, str]]:
    """The lines of a file with their numbers, but not those within a raw string: those are text."""
    is_text = False
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines()):
        starts = RAW_STRING_STARTS.search(line)
        if not is_text and not starts:
            yield number, line
        if starts or is_text:
            is_text = not RAW_STRING_ENDS.search(line[starts.end():] if starts else line)


def layer_of(file: str) -> str | None:
    return next((layer for layer in LAYERS if file.startswith(layer + "/")), None)


def tests_of(file: str) -> tuple[str, ...]:
    folder = next((folder for folder in FOLDERS if file.startswith(folder + "/")), None)
    return FOLDERS[folder] if folder else LAYERS[layer_of(file)]


def draw(source: pathlib.Path, seed: int, layers: list[str]):
    """Mutations without end, the same for the same seed and tree."""
    listed = subprocess.run(["git", "ls-files", "lib", "gst", "tools/gst-torch"], cwd=source,
                            check=True, capture_output=True, text=True).stdout.split()
    lines = []
    for file in sorted(listed):
        layer = layer_of(file)
        if not file.endswith(".cpp") or layer is None or (layers and layer not in layers):
            continue
        lines += [(layer, file, number, line) for number, line in code_lines(source / file)
                  if variants(line)]
    dice = random.Random(seed)
    drawn: dict[str, int] = {}
    while lines:
        layer, file, number, line = lines.pop(dice.randrange(len(lines)))
        if drawn.get(layer, 0) >= MOST_PER_LAYER:
            continue
        drawn[layer] = drawn.get(layer, 0) + 1
        rule, new = dice.choice(variants(line))
        yield Mutation(layer, file, number, rule, line, new)


class Workplace:
    """A clone with a build of its own."""

    def __init__(self, work: pathlib.Path, build: pathlib.Path) -> None:
        self.source = (work / "source").resolve()
        self.build = self.source / "build"
        if not self.source.is_dir():
            subprocess.run(["git", "clone", "--quiet", str(ROOT), str(self.source)], check=True)
        else:
            self.git("fetch", "--quiet", str(ROOT), "HEAD")
            self.git("checkout", "--quiet", "--force", "FETCH_HEAD")
        shared = work / "shared"
        if not shared.exists() and (ROOT.parent / "shared").is_dir():
            shared.symlink_to(ROOT.parent / "shared")
        if not (self.build / "build.ninja").is_file():
            self.build.mkdir(exist_ok=True)
            (self.build / "deps").symlink_to(build / "deps")
            subprocess.run(["meson", "setup", self.build], cwd=self.source, check=True,
                           stdout=subprocess.DEVNULL)
        self.files = {target["id"]: target["filename"] for target in self.introspect("--targets")}
        self.tests = {test["name"]: test for test in self.introspect("--tests")}
        self.seconds: dict[str, float] = {}  # of each test

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.source, check=True)

    def introspect(self, what: str):
        return json.loads(subprocess.run(["meson", "introspect", self.build, what], check=True,
                                         capture_output=True, text=True).stdout)

    def targets(self, tests: tuple[str, ...]) -> list[str]:
        """Files to build for the tests."""
        wanted = {file for test in tests for target in self.tests[test]["depends"]
                  for file in self.files[target]}
        names = [str(pathlib.Path(file).relative_to(self.build))
                 for files in self.files.values() for file in files
                 if file.startswith(str(self.build))]
        return sorted(name for name in names
                      if LOADED.match(name) or str(self.build / name) in wanted)

    def builds(self, targets: list[str]) -> bool:
        return subprocess.run(["ninja", "-C", self.build, *targets], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0

    def run_tests(self, tests: tuple[str, ...]) -> bool:
        """Whether all pass in time; a mutation can make a test endless. The quick ones go first:
        most mutations need no others."""
        by_time = sorted(tests, key=lambda test: self.seconds[test])
        quick = [test for test in by_time if self.seconds[test] < QUICK_SECONDS]
        return all(self.passes(some, self.limit(tests))
                   for some in (quick, by_time[len(quick):]) if some)

    def passes(self, tests: list[str], limit: float) -> bool:
        command = ["meson", "test", "-C", self.build, "--no-rebuild", "--quiet", "--maxfail", "1",
                   *tests]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              stdin=subprocess.DEVNULL) as run:
            try:
                return run.wait(limit) == 0
            except subprocess.TimeoutExpired:
                run.send_signal(signal.SIGINT)  # meson then ends the tests
                run.wait()
                return False

    def measure(self, layers: set[str]) -> None:
        """How long the tests take without a mutation, with which they must pass."""
        names = sorted({test for layer in layers for test in LAYERS[layer]})
        if not self.builds(self.targets(tuple(names))):
            sys.exit("the tests do not build without a mutation")
        passed = subprocess.run(["meson", "test", "-C", self.build, "--no-rebuild", "--quiet", *names],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                stdin=subprocess.DEVNULL, check=False).returncode == 0
        log = (self.build / "meson-logs" / "testlog.json").read_text(encoding="utf-8")
        results = [json.loads(line) for line in log.splitlines()]
        if not passed:
            sys.exit("fails without a mutation: " + ", ".join(
                result["name"] for result in results if result["result"] not in ("OK", "SKIP")))
        self.seconds = {result["name"].rpartition(" / ")[2]: result["duration"]
                        for result in results}

    def limit(self, tests: tuple[str, ...]) -> float:
        return 60 + 4 * sum(self.seconds[test] for test in tests)

    def try_out(self, mutation: Mutation) -> str:
        """"killed", "survived", or "not built" where the compiler refuses it."""
        path = self.source / mutation.file
        original = path.read_text(encoding="utf-8")
        lines = original.splitlines(keepends=True)
        lines[mutation.line] = mutation.new + "\n"
        path.write_text("".join(lines), encoding="utf-8")
        try:
            tests = tests_of(mutation.file)
            if not self.builds(self.targets(tests)):
                return "not built"
            return "survived" if self.run_tests(tests) else "killed"
        finally:
            path.write_text(original, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, help="directory for the clone and its build")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build",
                        help="build directory with the dependencies (build)")
    parser.add_argument("--count", type=int, default=40, help="mutations that build (40)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--layer", action="append", default=[], choices=sorted(LAYERS))
    parser.add_argument("--list", action="store_true", help="only print what would be drawn")
    options = parser.parse_args()
    if options.list:
        for _, mutation in zip(range(options.count), draw(ROOT, options.seed, options.layer)):
            print(mutation.diff())
        return
    if options.work is None:
        parser.error("--work is required")
    place = Workplace(options.work.resolve(), options.build.resolve())
    place.measure(set(options.layer or LAYERS))
    survivors, killed = [], 0
    for mutation in draw(place.source, options.seed, options.layer):
        outcome = place.try_out(mutation)
        print(f"{outcome}: {mutation.diff()}", flush=True)
        killed += outcome == "killed"
        if outcome == "survived":
            survivors.append(mutation)
        if killed + len(survivors) == options.count:
            break
    print(f"\n{killed} of {killed + len(survivors)} killed; survivors:")
    for mutation in survivors:
        print(mutation.diff())


if __name__ == "__main__":
    main()
