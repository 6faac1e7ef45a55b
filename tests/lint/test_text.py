# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What no file may contain, and files that are too large, for the sake of those who clone the tree.

- The host name of a package registry. tools/setup downloads through pip and apt-get, which people
  configure for a mirror or a proxy. A file that names the host goes past that configuration: it
  works for its author, and fails in a network that reaches only the mirror.
- A path of one machine, such as someone's home directory. It comes from a pasted log or example.
  Commands in documentation and expectations in tests that have one fail everywhere else.
- A file of more than 100 KiB. Git keeps every version of it for ever, and every clone downloads
  them all. Large data are downloaded by hash (tools/wheels.txt, models/manifest.json), and goldens
  are cut to size; the bundled weights are the one exception.
"""
import re

import pytest

import tree

LARGEST = 100 * 1024
BUNDLED = "models/bundled/"  # small weights: the examples run without a download

# In two halves each, so that this file does not contain them itself. Names that stand for anyone
# ("someone", "user") are allowed in paths of examples.
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
