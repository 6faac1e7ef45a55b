# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""clang-tidy, with the checks of .clang-tidy, on the files that a change touches.

A change is what differs from the last common commit with main, or from HEAD~1 where that is HEAD
itself; GST_TORCH_LINT_BASE names another commit. The whole tree takes minutes: CONTRIBUTING.md has
the command. Files that include LibTorch are left out, because they are compiled with a precompiled
header of g++, which clang cannot read; so are tests, whose fixtures do not pass these checks.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

import tree

VERSION = 14
MOST_FILES = 6  # each takes up to five seconds of CPU time
PRODUCT = ("lib/", "gst/", "tools/")
WITH_TORCH = "lib/nn/"

PROBLEMS = """#include <string>
#include <utility>
struct Base { virtual ~Base() = default; virtual int get() { return 0; } };
struct Derived : Base { virtual int get() { return 1; } };
int length(std::string a) { std::string b = std::move(a); return b.size() + a.size(); }
"""


def installed_version() -> int:
    if not shutil.which("clang-tidy"):
        return 0
    text = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True)
    return int(re.search(r"version (\d+)", text.stdout).group(1))


def git(*arguments: str) -> list[str]:
    """Lines of output; none where the command fails."""
    run = subprocess.run(["git", *arguments], cwd=tree.ROOT, text=True, capture_output=True,
                         check=False)
    return run.stdout.splitlines() if run.returncode == 0 else []


def base() -> str | None:
    """The commit to compare with."""
    if named := os.environ.get("GST_TORCH_LINT_BASE"):
        return named
    head = git("rev-parse", "HEAD")
    for branch in ("origin/main", "main"):
        common = git("merge-base", "HEAD", branch)
        if common and common != head:
            return common[0]
    return next(iter(git("rev-parse", "--verify", "--quiet", "HEAD~1")), None)


def changed(commit: str) -> list[str]:
    return (git("diff", "--name-only", "--diff-filter=d", commit)
            + git("ls-files", "--others", "--exclude-standard"))


def compiled() -> set[str]:
    """The sources that the build compiles, as paths from the root."""
    entries = json.loads((tree.BUILD / "compile_commands.json").read_text(encoding="utf-8"))
    paths = (os.path.normpath(os.path.join(entry["directory"], entry["file"])) for entry in entries)
    return {os.path.relpath(path, tree.ROOT) for path in paths}


def sources_to_check(names: list[str], known: set[str]) -> list[str]:
    """The sources of `known` among `names`, and those of the headers among them."""
    candidates = {re.sub(r"\.h$", ".cpp", name) for name in names}
    return sorted(name for name in candidates & known
                  if name.startswith(PRODUCT) and not name.startswith(WITH_TORCH))


def tidy(name: str) -> str:
    """What clang-tidy finds in a source; empty: nothing."""
    run = subprocess.run(["clang-tidy", "-p", tree.BUILD, "--quiet", tree.ROOT / name],
                         cwd=tree.ROOT, text=True, capture_output=True, check=False)
    return "" if run.returncode == 0 else run.stdout + run.stderr


def test_chooses_sources_and_those_of_headers_without_torch() -> None:
    known = {"lib/base/a.cpp", "lib/base/b.cpp", "lib/nn/c.cpp", "tests/base/d.cpp"}
    names = ["lib/base/a.h", "lib/base/a.cpp", "lib/base/alone.h", "lib/nn/c.cpp", "README.md",
             "tests/base/d.cpp"]
    assert sources_to_check(names, known) == ["lib/base/a.cpp"]


@pytest.mark.skipif(installed_version() != VERSION, reason=f"no clang-tidy {VERSION}")
def test_notices_a_problem(tmp_path: pathlib.Path) -> None:
    source = tmp_path / "problems.cpp"
    source.write_text(PROBLEMS)
    run = subprocess.run(["clang-tidy", f"--config-file={tree.ROOT / '.clang-tidy'}", "--quiet",
                          source, "--", "-std=c++20"], text=True, capture_output=True, check=False)
    assert run.returncode != 0
    assert "[modernize-use-override" in run.stdout
    assert "[bugprone-use-after-move" in run.stdout


@pytest.mark.skipif(installed_version() != VERSION, reason=f"no clang-tidy {VERSION}")
def test_changed_files_have_no_problem() -> None:
    if not (tree.BUILD / "compile_commands.json").exists():
        pytest.skip("no compile_commands.json: build first")
    commit = base()
    if not commit:
        pytest.skip("no earlier commit to compare with")
    names = sources_to_check(changed(commit), compiled())
    for name in names[MOST_FILES:]:
        print(f"not checked, more than {MOST_FILES} files have changed: {name}")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as threads:
        found = [text for text in threads.map(tidy, names[:MOST_FILES]) if text]
    assert not found, "\n".join(found)
