# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Compares README.md and docs/elements/ with what the built plugins register."""
import pathlib
import re

import pytest

import tree

INHERITED = {"name", "parent", "qos"}
PROPERTY = re.compile(r"^  ([a-z][\w-]*) *: (.*)$")


def built() -> set[tuple[str, str]]:
    """(element, plugin) pairs, by the names that gst-inspect-1.0 accepts."""
    registry = tree.BUILD / "lint-registry.bin"
    return {(element, tree.plugin_name(plugin, registry)) for plugin in tree.plugin_files()
            for element in tree.elements_of(plugin, registry)}


def table_rows(text: str) -> set[tuple[str, str]]:
    """(element, plugin) pairs of the table whose header starts with these two words."""
    table = re.search(r"^\| *element *\| *plugin[^|]*\|.*\n\|[-| :]+\n((?:\|.*\n)+)", text,
                      re.MULTILINE)
    assert table, "no table | element | plugin | ... |"
    cells = [[cell.strip(" `*") for cell in row.strip("|").split("|")]
             for row in table.group(1).splitlines()]
    return {(re.sub(r"^\[`?(\w+)`?\]\(.*\)$", r"\1", element), plugin)
            for element, plugin, *_ in cells}


def properties(element: str) -> dict[str, str]:
    """Property names and their descriptions in gst-inspect, as one line each."""
    said = tree.inspect(tree.BUILD / "lint-registry.bin", element)
    found: dict[str, str] = {}
    for line in said.partition("Element Properties:")[2].splitlines():
        if match := PROPERTY.match(line):
            current = match.group(1)
            found[current] = match.group(2)
        elif found and line.startswith("     "):
            found[current] += " " + line.strip()
    return {name: text for name, text in found.items() if name not in INHERITED}


def default_of(description: str) -> str | None:
    """The default as a user would write it; None if there is none to document."""
    one_line = re.sub(r"\s+", " ", description).strip()
    match = re.search(r".*Default: ?(.*?)(?= \(\w+\): |$)", one_line)
    if not match:
        return None
    quoted = re.fullmatch(r'(?:\w+, )?"(.*)"', match.group(1))
    return quoted.group(1) if quoted else match.group(1)


def number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def states(line: str, default: str) -> bool:
    """Returns whether a line of a page states this default."""
    words = [word.rstrip(".") for word in re.findall(r"[^\s|`,;()]+", line)]
    if default in ("", "null", "(none)"):
        return any(word.lower() in ("none", "null", "empty", "unset") for word in words)
    if number(default) is not None:
        return number(default) in map(number, words)
    return default in words


@pytest.mark.parametrize("said, default", [
    ('flags: readable, writable String. Default: "auto"', "auto"),
    ('flags: readable, writable Integer. Range: 1 - 100 Default: 12', "12"),
    ('Enum "GstX" Default: 0, "forward"   (0): forward - Forward', "forward"),
    ('Double. Range:   0 -   1 Default:     0.5 ', "0.5"),
    ('Boxed pointer of type "GstStructure"', None),
])
def test_reads_the_default_that_gst_inspect_tells(said: str, default: str | None) -> None:
    assert default_of(said) == default


@pytest.mark.parametrize("line, default, right", [
    ("| `iterations` | 12 | 1 to 100 |", "12", True),
    ("| `iterations` | 20 | 1 to 100 |", "12", False),
    ("| `convergence` | 0.0 px |", "0", True),
    ("| `direction` | `forward` |", "forward", True),
    ("| `direction` | `backward` |", "forward", False),
])
def test_compares_a_line_of_a_page_with_a_default(line: str, default: str, right: bool) -> None:
    assert states(line, default) == right


def test_readme_lists_exactly_the_elements_that_are_built() -> None:
    assert built()
    assert table_rows(tree.read("README.md")) == built()


def test_every_element_has_a_page_and_every_page_an_element() -> None:
    pages = {pathlib.Path(name).stem for name in tree.files() if name.startswith("docs/elements/")}
    assert pages == {element for element, _ in built()}


@pytest.mark.parametrize("element", sorted(element for element, _ in built()))
def test_page_lists_every_property_with_its_default(element: str) -> None:
    lines = tree.read(f"docs/elements/{element}.md").splitlines()
    found = properties(element)
    assert found
    missing = [name for name, said in found.items()
               if not any(f"`{name}`" in line
                          and (default_of(said) is None or states(line, default_of(said)))
                          for line in lines)]
    assert missing == [], {name: default_of(found[name]) for name in missing}


@pytest.mark.parametrize("element", sorted(element for element, _ in built()))
def test_page_names_no_property_that_does_not_exist(element: str) -> None:
    section = tree.read(f"docs/elements/{element}.md").partition("\n## Properties\n")[2]
    rows = re.findall(r"^\| *`([a-z][a-z-]*)` *\|", section.partition("\n## ")[0], re.MULTILINE)
    assert rows, "no table of properties under ## Properties"
    assert set(rows) <= properties(element).keys()
