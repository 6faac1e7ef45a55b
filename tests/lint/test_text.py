# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Finds forbidden text, and files that are too large."""
import re

import pytest

import tree

LARGEST = 100 * 1024
BUNDLED = "models/bundled/"  # small weights that the project bundles

# Each in two parts, so that this file does not contain them.
FORBIDDEN = {
    "a package registry's host": "|".join(re.escape(first + rest) for first, rest in [
        ("pypi", ".org"), ("pythonhosted", ".org"), ("deb.debian", ".org"),
        ("registry.npmjs", ".org"), ("crates", ".io"), ("proxy.golang", ".org")]),
    "a path of one machine": r"(?<![\w.<{$)-])/(?:wo" r"rk/|ro" r"ot/|ho" r"me/|Us" r"ers/)"
                             r"(?!someone\b|user\b)\w",
}


def problems(text: str) -> list[str]:
    return [f"{what}: {found.group(0)}" for what, pattern in FORBIDDEN.items()
            for found in re.finditer(pattern, text)]


def text_of(name: str) -> str:
    try:
        return tree.read(name)
    except UnicodeDecodeError:
        return ""  # a binary file, such as an image or a golden


@pytest.mark.parametrize("text", ["see https://py" "pi.org/project", "#include \"/ho" "me/me/a.h\"",
                                  "cd /ro" "ot/gst"])
def test_notices_forbidden_text(text: str) -> None:
    assert problems(text)


def test_allows_relative_and_made_up_paths_and_other_hosts() -> None:
    assert problems("lib/ho" "me/x ../ro" "ot/x /ho" "me/someone/x") == []
    assert problems("https://download.pytorch.org/models/x.pth") == []


def test_no_file_names_a_registry_or_a_path_of_one_machine() -> None:
    assert tree.files()
    assert [f"{name}: {found}" for name in tree.files() for found in problems(text_of(name))] == []


def test_no_file_is_too_large() -> None:
    large = [name for name in tree.files()
             if not name.startswith(BUNDLED) and (tree.ROOT / name).stat().st_size > LARGEST]
    assert large == []
