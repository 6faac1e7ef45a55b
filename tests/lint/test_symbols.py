# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Checks that libraries export only the C API's functions and the plugins' entry points."""
import pathlib
import re
import subprocess

import pytest

import tree

DECLARATION = re.compile(r"^GST_TORCH_API\s+([^;(]*)\(([^;)]*)", re.MULTILINE)


CPP_TYPE = re.compile(r"::|[&<]|\bbool\b")


def exported(library: pathlib.Path) -> set[str]:
    said = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", library], check=True,
                          capture_output=True, text=True)
    return {line.split()[0].partition("@")[0] for line in said.stdout.splitlines()}


def declared(text: str) -> set[str]:
    """The functions that a header declares as part of the library."""
    names = set()
    for before, after in DECLARATION.findall(text):
        if before.startswith("G_DECLARE_"):
            names.add(after.split(",")[1].strip() + "_get_type")
        else:
            names.add(re.search(r"\w+$", before).group())
    return names


@pytest.mark.parametrize("text, names", [
    ("GST_TORCH_API GType gst_a_get_type(void);", {"gst_a_get_type"}),
    ("GST_TORCH_API const gint64* gst_a(GstA* a,\n   guint* n);\n\nGST_TORCH_API void gst_b(void);",
     {"gst_a", "gst_b"}),
    ("GST_TORCH_API GstB* gst_a_name(\n    const std::shared_ptr<int>& a);", {"gst_a_name"}),
    ("GST_TORCH_API\nG_DECLARE_FINAL_TYPE(GstA, gst_a, GST, A, GstObject)\nvoid gst_b(void);",
     {"gst_a_get_type"}),
    ("#define GST_TORCH_API __attribute__((visibility(\"default\"))) extern\n", set()),
])
def test_finds_what_a_header_declares(text: str, names: set[str]) -> None:
    assert declared(text) == names


def library_headers() -> list[str]:
    return [name for name in tree.files_ending(".h") if name.startswith("lib/gst/")]


def declarations_in_cpp(text: str) -> list[str]:
    """The library's functions whose arguments or results are not C types."""
    return [" ".join(match.group().split()) for match in DECLARATION.finditer(text)
            if CPP_TYPE.search(match.group())]


@pytest.mark.parametrize("text", [
    "GST_TORCH_API GstA* gst_a(const std::shared_ptr<int>& a);",
    "GST_TORCH_API GstA* gst_a(GstB* b,\n                           const gsttorch::C* c);",
    "GST_TORCH_API bool gst_a(void);",
])
def test_finds_types_that_c_does_not_know(text: str) -> None:
    assert declarations_in_cpp(text)
    assert not declarations_in_cpp("GST_TORCH_API const gchar* gst_a(const GstB* b, guint* n);")


def test_the_c_library_shows_functions_of_c_alone() -> None:
    assert {name: found for name in library_headers()
            if (found := declarations_in_cpp(tree.read(name)))} == {}


def test_the_c_library_shows_exactly_what_its_headers_declare() -> None:
    functions = set().union(*(declared(tree.read(name)) for name in library_headers()))
    assert functions
    assert exported(tree.BUILD / "lib" / "gst" / "libgsttorch-1.0.so") == functions


@pytest.mark.parametrize("plugin", tree.plugin_files(), ids=lambda plugin: plugin.stem)
def test_a_plugin_shows_only_what_loads_it(plugin: pathlib.Path) -> None:
    name = plugin.stem.removeprefix("libgst")
    assert exported(plugin) == {f"gst_plugin_{name}_get_desc", f"gst_plugin_{name}_register"}


def test_the_engine_shows_only_its_entry_point() -> None:
    entry = re.search(r'#define GSTTORCH_ENGINE_ENTRY "(\w+)"', tree.read("lib/engine/engine.h"))
    assert exported(tree.BUILD / "lib" / "nn" / "libgsttorch-engine.so") == {entry.group(1)}
