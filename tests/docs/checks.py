# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Checks of commands that the tests do not run: that what a command names exists.

Each takes the words of a command and asserts.
"""
import functools
import json
import os
import pathlib
import re
import subprocess

from pages import ROOT

BUILD = pathlib.Path(os.environ.get("GST_TORCH_BUILD_ROOT", ROOT / "build"))
GST_TORCH = BUILD / "tools" / "gst-torch"


def output_of(*command: object) -> str:
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True,
                          check=False, stdin=subprocess.DEVNULL, timeout=60)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@functools.cache
def introspected(what: str) -> list[dict]:
    return json.loads((BUILD / "meson-info" / f"intro-{what}.json").read_text())


def targets() -> set[str]:
    """Built files, relative to the build directory."""
    return {os.path.relpath(file, BUILD) for target in introspected("targets")
            for file in target["filename"]}


def tests() -> set[str]:
    return {test["name"] for test in introspected("tests")}


def suites() -> set[str]:
    return {suite.partition(":")[2] for test in introspected("tests") for suite in test["suite"]}


def options_of(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words if re.match(r"--?[A-Za-z]", word)}


def without(words: list[str], *taken: str) -> list[str]:
    """Leaves options out, each with its value."""
    kept, skip = [], False
    for word in words:
        if not skip and word not in taken:
            kept.append(word)
        skip = not skip and word in taken
    return kept


def built_program(words: list[str]) -> None:
    name = words[0].removeprefix("build/")
    assert name in targets(), f"no target {name}"
    if any(word.startswith("--gtest_filter") for word in words):
        assert output_of(BUILD / name, "--gtest_list_tests", *words[1:]).strip(), "no such test"
    elif name == "tools/gst-torch":
        gst_torch(["gst-torch", *words[1:]])
    else:
        [source] = [target["target_sources"][0]["sources"] for target in introspected("targets")
                    if str(BUILD / name) in target["filename"]]
        text = "".join(pathlib.Path(file).read_text() for file in source)
        for option in options_of(words[1:]):
            assert re.search(rf"\"{option}\"|'{option[1:]}'", text), f"{name} has no {option}"


def ninja(words: list[str]) -> None:
    assert words[1:3] == ["-C", "build"], "ninja runs in build/"
    assert set(words[3:]) <= targets(), "no such target"


def meson_devenv(words: list[str]) -> None:
    """The command that is run in the environment of the build, in build/ or where -w says."""
    command = without(words, "-w")
    if command and command[0] == "python3":
        directory = ROOT if "-w" in words else BUILD
        command = [os.path.relpath(directory / command[1], ROOT), *command[2:]]
    if command:
        check(command)


def meson_setup(words: list[str]) -> None:
    known = {option["name"] for option in introspected("buildoptions")}
    for word in words:
        assert word == "build" or re.fullmatch(r"-D([\w-]+)=.*", word)[1] in known, word


def meson_test(words: list[str]) -> None:
    for position, word in enumerate(words):
        named = suites() if position and words[position - 1] == "--suite" else tests()
        assert word in named or word in ("--suite", "-v"), f"no test or suite {word}"


def meson(words: list[str]) -> None:
    arguments = without(words[2:], "-C")
    if words[1] == "wrap":
        assert arguments[0] in output_of("meson", "wrap", "--help")
    elif words[1] == "install":
        assert arguments == []
    else:
        {"devenv": meson_devenv, "setup": meson_setup, "test": meson_test}[words[1]](arguments)


def pip(words: list[str]) -> None:
    assert words[1:3] == ["install", "-r"] and (ROOT / words[3]).is_file(), "no such requirements"


def pkg_config(words: list[str]) -> None:
    package = words[-1]
    assert any((BUILD / "meson-private").glob(f"{package}.pc")), f"the build makes no {package}.pc"


def python_module(words: list[str]) -> None:
    assert words[1] == "-m", "a module is run with -m"
    file = ROOT / (words[2].replace(".", "/") + ".py")
    names_its_words(file, words[3:])


def names_its_words(file: pathlib.Path, words: list[str]) -> None:
    """The options, and the files that exist in the tree, of a script."""
    assert file.is_file(), f"no file {file}"
    is_python = file.suffix == ".py" or "python3" in file.read_text().partition("\n")[0]
    near = [file, *file.parent.glob("*.py"), *(file.parent.parent / "train").glob("runs.py")]
    text = "".join(other.read_text() for other in near if is_python)
    for option in options_of(words):
        assert f'"{option}"' in text, f"{file.name} has no {option}"
    for word in words:
        assert not re.match(r"(models|tests)/", word) or (ROOT / word).exists(), f"no file {word}"


def script(words: list[str]) -> None:
    file = ROOT / words[0]
    assert file.is_file(), f"no file {words[0]}"
    if len(words) > 1:
        assert os.access(file, os.X_OK), f"{words[0]} cannot be executed"
    if words[0] == "tools/test":
        meson_test(words[1:])
    elif words[0] == "tools/sanitize":
        assert words[1] in output_of(file, "--help")
    elif words[0] not in ("tools/demo", "tools/setup"):
        names_its_words(file, words[1:])


def program_of_others(words: list[str]) -> None:
    assert words[0]


@functools.cache
def commands() -> set[str]:
    return set(re.findall(r"^  ([a-z]+)  ", output_of(GST_TORCH, "--help"), re.MULTILINE))


def gst_torch(words: list[str]) -> None:
    """A synopsis: the command and its options are those of --help."""
    name, *arguments = words[1:]
    if name.startswith("-"):
        assert name in output_of(GST_TORCH, "--help") or name == "--version"
        return
    said = output_of(GST_TORCH, name, "--help")
    for word in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", " ".join(arguments)):
        assert re.search(rf"(?<![\w-]){word}\b", said), f"gst-torch {name} has no {word}"
    if name == "models" and arguments:
        assert all(verb in said for verb in re.split(r"\W", arguments[0]))


def pipeline(words: list[str]) -> None:
    """Part of a pipeline: its elements exist."""
    for part in " ".join(words).split(" ! "):
        output_of("gst-inspect-1.0", part.split()[0])


def check(words: list[str]) -> None:
    from stand_ins import CHECKED  # the list names the functions of this file
    if words[0] == "gst-torch":
        return gst_torch(words)
    if words[0] in commands():  # a feature of the command, named without the program
        return gst_torch(["gst-torch", *words])
    if "!" in words:
        return pipeline(words)
    rules = [function for start, (function, _) in CHECKED.items()
             if words[0] == start or start.endswith("/") and words[0].startswith(start)]
    assert rules, f"tests/docs/stand_ins.py has no rule for {words[0]}"
    return globals()[rules[0]](words)
