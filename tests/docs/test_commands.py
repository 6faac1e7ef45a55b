# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Runs every command of the documentation as a reader does: page by page, from top to bottom.

stand_ins.py lists what is run in place of a camera or a display, and what is not run but checked.
A command that has no rule there is an error.
"""
import dataclasses
import json
import pathlib
import re
import shlex
import shutil
import subprocess

import pytest

import checks
import pages
import stand_ins

LANGUAGES = {"sh", "text", "json", "c", "python"}
PROGRAM = re.compile(r"(gst-torch|gst-launch-1\.0|build/|tools/|tests/|python3 |meson |ninja |apt)")
OUTPUT = re.compile(r"(?:-o|--visual|--overlay|filesink location=) ?([\w/-]+\.\w+)\b")
ASSIGNMENT = re.compile(r"\w+=\$\(")


def first_word(command: str) -> str:
    return re.sub(r"^([A-Z_]+=\S+ )+", "", command).split()[0]


def is_run(command: str) -> bool:
    return first_word(command) in stand_ins.RUN or bool(ASSIGNMENT.match(command))


def with_stand_ins(command: str) -> str:
    for pattern, replacement, _ in stand_ins.STAND_INS:
        command = re.sub(pattern, replacement, command)
    return command


def words_of(command: str) -> list[str]:
    return [word for word in shlex.split(command.replace("...", ""))
            if not re.match(r"[A-Z_]+=", word)]


def shell_blocks(page: str) -> list[pages.Block]:
    return [block for block in pages.blocks(page) if block.language == "sh"]


def is_command(span: str) -> bool:
    """A program and arguments, or something with options that could be a command."""
    if span in stand_ins.NO_COMMANDS or " " not in span:
        return False
    looks_like_one = re.match(r"[a-z][\w./-]* (.* )?--?[a-z]", span) is not None
    known = first_word(span) in stand_ins.RUN | stand_ins.CHECKED.keys()
    return known or looks_like_one or bool(PROGRAM.match(span)) or " ! " in span


def run(block: pages.Block, directory: pathlib.Path, environment: dict[str, str]) -> None:
    for command in pages.commands(block):
        if not is_run(command):
            checks.check(words_of(command))
    lines = [with_stand_ins(command) for command in pages.commands(block) if is_run(command)]
    done = subprocess.run(["bash", "-euxo", "pipefail", "-c", "\n".join(lines)], cwd=directory,
                          env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 0, f"{block}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    assert not re.search(r"CRITICAL|WARNING", done.stderr), f"{block}: {done.stderr[-2000:]}"
    for name in OUTPUT.findall("\n".join(lines)):
        assert list(directory.glob(name)), f"{block}: no file {name}"


@pytest.mark.parametrize("page", [name for name in pages.names() if shell_blocks(name)])
def test_the_commands_of_a_page_work(page, files, environment, tmp_path) -> None:
    if "\nffmpeg " in pages.read(page) and not shutil.which("ffmpeg"):
        pytest.skip("ffmpeg is not installed")
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    for block in shell_blocks(page):
        run(block, tmp_path, environment)


def test_the_first_pipeline_also_works_without_a_display(files, environment, tmp_path) -> None:
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    first = shell_blocks("README.md")[0]
    [sink] = [span.text for span in pages.spans("README.md") if "filesink" in span.text]
    text = first.text.replace("autovideosink", sink)
    run(dataclasses.replace(first, text=text), tmp_path, environment)
    assert (tmp_path / "flow.avi").stat().st_size > 1000


@pytest.mark.parametrize("page", pages.names())
def test_code_spans_name_commands_and_options_that_exist(page: str) -> None:
    for span in pages.spans(page):
        if is_command(span.text):
            try:
                checks.check(words_of(span.text))
            except (AssertionError, KeyError, TypeError) as error:
                pytest.fail(f"{span}: {span.text}: {error!r}")


@pytest.mark.parametrize("page", pages.names())
def test_code_spans_name_files_that_exist(page: str) -> None:
    wrong = [str(span) + " " + span.text for span in pages.spans(page)
             if re.fullmatch(r"(tests|tools|examples|models)/[\w./*-]+", span.text)
             and "NAME" not in span.text and page != "CHANGELOG.md"  # which names what is gone
             and not list(pages.ROOT.glob(span.text.rstrip("/")))]
    wrong += [str(span) + " " + span.text for span in pages.spans(page)
              if re.fullmatch(r"build/(tests|tools|examples)/[\w./-]+", span.text)
              and span.text.removeprefix("build/") not in checks.targets()]
    assert wrong == []


@pytest.mark.parametrize("page", pages.names())
def test_every_block_says_what_it_is(page: str) -> None:
    assert {block.language for block in pages.blocks(page)} <= LANGUAGES
    assert pages.indented(page) == []


def test_programs_in_other_languages_are_run_by_the_tests_of_the_library() -> None:
    assert {block.page for name in pages.names() for block in pages.blocks(name)
            if block.language in ("c", "python")} == {"docs/api.md"}


@pytest.mark.parametrize("page", pages.names())
def test_blocks_that_are_not_run_hold_no_command(page: str) -> None:
    for block in pages.blocks(page):
        if block.language == "json":
            assert [json.loads(line) for line in block.text.splitlines()]
        elif block.language == "text" and PROGRAM.match(block.text):
            if block.text.startswith("gst-torch: "):
                continue  # what it says
            assert block.text.startswith("gst-torch "), f"{block} is a command: mark it as sh"
            checks.check(block.text.split())


def test_a_command_without_a_rule_is_an_error(tmp_path) -> None:
    block = pages.Block("page.md", 1, "sh", "frobnicate --all\n")
    with pytest.raises(AssertionError, match="no rule for frobnicate"):
        run(block, tmp_path, {})


def test_a_command_that_fails_is_an_error(environment, tmp_path) -> None:
    block = pages.Block("page.md", 1, "sh", "gst-launch-1.0 videotestsrc ! nosuchelement\n")
    with pytest.raises(AssertionError, match="nosuchelement"):
        run(block, tmp_path, environment)


@pytest.mark.parametrize("command", [
    "scenes --frobnicate", "gst-torch flow A B --frobnicate", "gst-torch frobnicate A",
    "ninja -C build tests/bench/none", "meson test -C build nosuchtest",
    "meson setup build -Dnosuchoption=1",
    "build/tests/bench/none", "tests/bench/none.py --rounds 5", "tools/none",
    "python3 -m models.evaluate --frobnicate",
    "build/tests/bench/adaptive -z 2", "videotestsrc ! nosuchelement ! fakesink",
])
def test_a_command_that_names_something_missing_is_an_error(command: str) -> None:
    with pytest.raises((AssertionError, TypeError)):
        checks.check(words_of(command))
