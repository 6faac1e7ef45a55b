# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Extracts commands from the documentation: fenced blocks, code spans, gtk-doc's launch lines."""
import dataclasses
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(os.environ.get("GST_TORCH_SOURCE_ROOT", pathlib.Path(__file__).parents[2]))

FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
GTK_DOC = re.compile(r"^ \* \|\[\n(.*?)^ \* \]\|$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:\A|\n\n) {4}(\S.*)")
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")


@dataclasses.dataclass(frozen=True)
class Block:
    """Some text of a page that is a command, a program or the output of one."""
    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def names() -> list[str]:
    """The pages, and the sources of the elements, whose documentation begins with a launch line."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, check=True, capture_output=True, text=True)
    return sorted(name for name in listed.stdout.split()
                  if (name.endswith(".md") or re.fullmatch(r"gst/(\w+)/gst\1\.cpp", name))
                  and (ROOT / name).exists())


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def line_of(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def fenced(name: str, text: str) -> list[Block]:
    return [Block(name, line_of(text, found.start()), found[2], found[3])
            for found in FENCE.finditer(text)]


def launch_lines(name: str, text: str) -> list[Block]:
    return [Block(name, line_of(text, found.start()), "sh",
                  re.sub(r"^ \* ?", "", found[1], flags=re.MULTILINE))
            for found in GTK_DOC.finditer(text)]


def blocks(name: str) -> list[Block]:
    text = read(name)
    return fenced(name, text) if name.endswith(".md") else launch_lines(name, text)


def prose(text: str) -> str:
    """A page without its fenced blocks; the lines keep their numbers."""
    return FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)


def indented(name: str) -> list[str]:
    """Blocks that are code in Markdown because they are indented."""
    return INDENTED.findall(prose(read(name))) if name.endswith(".md") else []


def spans(name: str) -> list[Block]:
    """The code spans of a page, each on one line."""
    if not name.endswith(".md"):
        return []
    text = prose(read(name))
    return [Block(name, line_of(text, found.start()), "span",
                  " ".join(found[1].replace("\\|", "|").split())) for found in SPAN.finditer(text)]


def commands(block: Block) -> list[str]:
    """The commands of a block of shell, without comments, each on one line."""
    joined = re.sub(r" *\\\n\s*", " ", block.text)
    lines = (re.sub(r"(^|\s+)#.*", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line]
