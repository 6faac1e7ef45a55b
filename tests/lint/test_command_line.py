# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""docs/command-line.md against what gst-torch says of itself."""
import re
import subprocess

import pytest
import test_readme
import tree

PAGE = "docs/command-line.md"
STAGES = {"scenes": "scenedetect", "flow": "raftflow", "matches": "loftrmatch"}
ROW = re.compile(r"^\| `--([a-z-]+)(?: [^`]*)?`[^|]*\|", re.MULTILINE)


def section(heading: str) -> str:
    text = tree.read(PAGE).partition(f"\n## {heading}\n")[2]
    assert text, f"{PAGE} has no section {heading}"
    return text.partition("\n## ")[0]


def help_of(command: str) -> str:
    run = subprocess.run([tree.BUILD / "tools" / "gst-torch", command, "--help"], text=True,
                         capture_output=True, check=True)
    return run.stdout


def options_of(command: str) -> set[str]:
    return set(re.findall(r"^  (?:-\w, )?--([a-z-]+)", help_of(command), re.MULTILINE)) - {"help"}


def test_the_page_lists_exactly_the_options_of_analyze() -> None:
    assert options_of("analyze")
    assert set(ROW.findall(section("analyze"))) == options_of("analyze")


def rows_of_stages() -> list[tuple[str, str, str, str]]:
    """Option, stage, property, default."""
    cells = [[cell.strip(" `") for cell in line.replace("\\|", "/").split("|")[1:-1]]
             for line in section("analyze").splitlines() if line.startswith("| `--")]
    return [(row[0].partition(" ")[0], row[1], row[2], row[3]) for row in cells if len(row) == 5]


@pytest.mark.parametrize("option, stage, name, default", rows_of_stages())
def test_an_option_of_a_stage_has_the_default_of_its_property(
        option: str, stage: str, name: str, default: str) -> None:
    element, _, name = name.rpartition(".")
    assert element in (STAGES[stage], "analysiswriter")
    assert option.endswith(name)
    said = test_readme.default_of(test_readme.properties(element)[name])
    # The model is that of the table of stages: not what elements take for auto. How often a flow
    # file is written depends on the length of the video.
    assert default == said or name == "model" and said == "auto" or \
        (name, default) == ("flow-every", "see below")


def test_the_page_lists_the_exit_statuses_of_help() -> None:
    said = subprocess.run([tree.BUILD / "tools" / "gst-torch", "--help"], text=True,
                          capture_output=True, check=True).stdout
    statuses = re.findall(r"^  (\d+) +\S", said, re.MULTILINE)
    assert statuses
    rows = re.findall(r"^\| (\d+)[^|]*\|", tree.read(PAGE), re.MULTILINE)
    assert rows == statuses
