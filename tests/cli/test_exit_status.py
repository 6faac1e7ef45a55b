# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What a scheduler can tell from the exit status, of each command."""
import resource
import signal

import pytest

from conftest import BAD_INPUT, FAILED, NO_SPACE, UNAVAILABLE, USAGE

LITE = ["--model", "loftr-lite", "--max-size", "64"]


@pytest.fixture(name="commands")
def every_command_that_reads_a_file(media, tmp_path):
    """With what they read left out, and a model that is there."""
    image = media / "b.png"
    return {
        "analyze": lambda path: ["analyze", path, "-o", tmp_path / "out", "--stages", "matches"],
        "compare": lambda path: ["compare", path, path],
        "flow": lambda path: ["flow", path, image, "-o", tmp_path / "a.flo"],
        "match": lambda path: ["match", path, image, "-o", tmp_path / "a.csv", *LITE],
        "report": lambda path: ["report", path],
        "scenes": lambda path: ["scenes", path],
    }


@pytest.mark.parametrize("name", ["analyze", "compare", "flow", "match", "report", "scenes"])
@pytest.mark.parametrize("input_name", ["nowhere", "text.png"])
def test_an_input_that_is_missing_or_of_the_wrong_kind_is_bad_input(fails, commands, media, name,
                                                                    input_name):
    fails(*commands[name](media / input_name), status=BAD_INPUT)


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["analyze"], ["compare"], ["flow"], ["match"],
                                       ["models"], ["models", "path", "nonsense"], ["report"],
                                       ["scenes"], ["doctor", "why"]])
def test_a_wrong_call_is_wrong_usage(gst_torch, arguments):
    assert gst_torch(*arguments).returncode == USAGE


def tiny_files_only():
    """As a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))


@pytest.mark.parametrize("name, options", [("analyze", []), ("scenes", ["--stats", "s.csv"])])
def test_a_full_disk_is_no_space(fails, commands, media, tmp_path, name, options):
    fails(*commands[name](media / "video.mkv"), *options, status=NO_SPACE, cwd=tmp_path,
          preexec_fn=tiny_files_only)


def test_a_standard_output_that_is_full_is_no_space(gst_torch, media):
    done = gst_torch("scenes", media / "video.mkv", "--model", "resnet18-lite",
                     prefix=["bash", "-c", "exec \"$@\" >/dev/full", "-"])
    assert done.returncode == NO_SPACE
    assert "cannot write the standard output: No space left" in done.stderr


@pytest.mark.parametrize("arguments", [
    ["analyze", "video.mkv", "-o", "{out}", "--stages", "matches"],
    ["flow", "a.png", "b.png", "-o", "{out}", "--model", "{weights}"],
    ["match", "a.png", "b.png", "-o", "{out}"],
    ["scenes", "video.mkv"],
], ids=lambda arguments: arguments[0])
def test_a_device_that_cannot_be_used_is_unavailable(fails, media, weights, tmp_path, no_driver,
                                                     arguments):
    fills = {"{out}": tmp_path / "out", "{weights}": weights}
    words = [media / word if "." in word else fills.get(word, word) for word in arguments]
    assert "cuda" in fails(*words, "--device", "cuda", status=UNAVAILABLE)


def test_weights_that_were_not_fetched_are_unavailable(fails, media, tmp_path):
    fails("flow", media / "a.png", media / "b.png", "-o", tmp_path / "a.flo", status=UNAVAILABLE)
    fails("scenes", media / "video.mkv", "--model", "transnetv2", status=UNAVAILABLE)
    fails("models", "path", "raft-small", status=UNAVAILABLE)


def test_what_is_none_of_these_is_a_failure(fails, media, tmp_path):
    fails("match", media / "a.png", media / "b.png", "-o", tmp_path / "absent" / "a.csv", *LITE,
          status=FAILED)
