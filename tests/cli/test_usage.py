# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch without a command, with a wrong one, and --help everywhere."""
import re

import pytest

COMMANDS = ["analyze", "compare", "doctor", "flow", "match"]


def listed_commands(text):
    return re.findall(r"^  ([a-z]+) ", text, re.MULTILINE)


def test_help_lists_the_commands(gst_torch):
    done = gst_torch("--help")
    assert done.returncode == 0
    assert set(COMMANDS) <= set(listed_commands(done.stdout))


def test_version_says_what_it_was_built_for(gst_torch):
    done = gst_torch("--version")
    assert done.returncode == 0
    assert re.fullmatch(r"gst-torch \d+\.\d+\.\d+ \(GStreamer 1\.\d+\.\d+, "
                        r"built for LibTorch 2\.\d+\.\d+\)\n", done.stdout)


def test_an_unknown_command_is_named_and_the_list_follows(gst_torch):
    done = gst_torch("analyse")
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == 'gst-torch: unknown command "analyse"'
    assert set(COMMANDS) <= set(listed_commands(done.stderr))


def test_a_missing_command_is_wrong_usage(gst_torch):
    done = gst_torch()
    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == "gst-torch: no command given"


def test_every_command_that_is_listed_has_help(gst_torch):
    commands = listed_commands(gst_torch("--help").stdout)
    for command in commands:
        done = gst_torch(command, "--help")
        assert done.returncode == 0, command
        assert f"gst-torch {command}" in done.stdout


@pytest.mark.parametrize("arguments, reason", [
    (["flow"], "missing parameter: A B"),
    (["flow", "a.png"], "missing parameter: A B"),
    (["flow", "a.png", "b.png"], "-o OUT.flo is required"),
    (["flow", "a.png", "b.png", "c.png", "-o", "x.flo"], 'unexpected parameter "c.png"'),
    (["flow", "a.png", "b.png", "-o", "x.flo", "--iterations", "0"], "at least 1"),
    (["flow", "a.png", "b.png", "-o", "x.flo", "--iterations", "12x"], '"12x" is not a whole number'),
    (["flow", "a.png", "b.png", "-o", "x.flo", "--max-size", "-1"], "not be negative"),
    (["flow", "a.png", "b.png", "-o", "x.flo", "--direction", "up"], 'not "up"'),
    (["flow", "a.png", "b.png", "-o", "x.flo", "--loud"], "--loud"),
    (["analyze"], "missing parameter: VIDEO"),
    (["analyze", "a.mkv"], "-o DIR is required"),
    (["analyze", "a.mkv", "-o", "x", "--frames", "0"], "at least 1"),
    (["analyze", "a.mkv", "-o", "x", "--flow-every", "-1"], 'a whole number from 0, not "-1"'),
    (["analyze", "a.mkv", "-o", "x", "--match-every", "-1"], 'a whole number from 0, not "-1"'),
    (["analyze", "a.mkv", "-o", "x", "--match-file-format", "xml"], "none, csv or npz"),
    (["analyze", "a.mkv", "-o", "x", "--flow-iterations", "0"], "from 1 to 100"),
    (["analyze", "a.mkv", "-o", "x", "--flow-iterations", "010"], "from 1 to 100"),
    (["analyze", "a.mkv", "-o", "x", "--scenes-threshold", "1"], "from 0.01 to 0.99"),
    (["analyze", "a.mkv", "-o", "x", "--match-geometry", "affine"],
     "none, homography or fundamental"),
    (["analyze", "a.mkv", "-o", "x", "--flow-direction", "up"], 'not "up"'),
    (["analyze", "a.mkv", "-o", "x", "--overlay", "x.mp4"], ".mkv or .webm"),
    (["analyze", "a.mkv", "-o", "x", "--device", "gpu"], "use auto, cpu, cuda or cuda:N"),
    (["compare", "a"], "missing parameter: REF OTHER"),
    (["doctor", "why"], 'unexpected parameter "why"'),
])
def test_wrong_usage_is_one_line_and_exit_status_2(gst_torch, tmp_path, arguments, reason):
    done = gst_torch(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"gst-torch: {arguments[0]}: ")
    assert done.stderr.count("\n") == 1
    assert reason in done.stderr
    assert f"gst-torch {arguments[0]} --help" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option, value, stages, stage", [
    ("--scenes-model", "transnetv2", "flow", "scenes"),
    ("--flow-model", "raft-small", "scenes", "flow"),
    ("--flow-every", "3", "scenes,matches", "flow"),
    ("--match-max-size", "480", "flow", "matches"),
    ("--match-file-format", "npz", "flow", "matches"),
])
def test_an_option_that_reaches_no_stage_of_the_run_is_wrong_usage(gst_torch, tmp_path, option,
                                                                   value, stages, stage):
    done = gst_torch("analyze", "a.mkv", "-o", "x", "--stages", stages, option, value, cwd=tmp_path)
    assert done.returncode == 2
    assert f"{option} has no effect: the stage {stage} is not in --stages" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option, stage", [("--scenes-model", "scenes"),
                                           ("--match-model", "matches")])
def test_an_option_of_a_stage_that_cannot_run_here_says_why(gst_torch, tmp_path, option, stage):
    done = gst_torch("analyze", "a.mkv", "-o", "x", option, "nonsense", cwd=tmp_path)
    assert done.returncode == 2
    assert f"{option} has no effect: the stage {stage} cannot run here: " in done.stderr
    assert 'unknown model "nonsense"' in done.stderr
