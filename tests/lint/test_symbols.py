# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Checks that libraries export only the C API's functions and the plugins' entry points."""
import pathlib
import re
import subprocess

import pytest

import tree

DECLARATION = re.compile(r"^GST_TORCH_API\s+([^;(]*)\(([^;)]*)", re.MULTILINE)
STRUCTURE = re.compile(r"^struct (_Gst\w+) \{\n(.*?)^\};", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)

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
    """The functions and structures of the library that have types in them that C does not know."""
    code = COMMENT.sub("", text)
    functions = [match.group() for match in DECLARATION.finditer(code)]
    structures = [match.group() for match in STRUCTURE.finditer(code)]
    return [" ".join(found.split()) for found in functions + structures if CPP_TYPE.search(found)]


@pytest.mark.parametrize("text", [
    "GST_TORCH_API GstA* gst_a(const std::shared_ptr<int>& a);",
    "GST_TORCH_API GstA* gst_a(GstB* b,\n                           const gsttorch::C* c);",
    "GST_TORCH_API bool gst_a(void);",
    "struct _GstA {\n  GstElement parent;\n  gsttorch::B* impl;\n};",
    "struct _GstAClass {\n  GstElementClass parent_class;\n"
    "  std::unique_ptr<B> (*make)(GstA* a);\n};",
])
def test_finds_types_that_c_does_not_know(text: str) -> None:
    assert declarations_in_cpp(text)


@pytest.mark.parametrize("text", [
    "GST_TORCH_API const gchar* gst_a(const GstB* b, guint* n);",
    "struct _GstAClass {\n  GstElementClass parent_class;\n"
    "  gpointer (*make)(GstA* a);  /* a gsttorch::B */\n};",
])
def test_allows_what_c_knows(text: str) -> None:
    assert not declarations_in_cpp(text)


def test_the_c_library_shows_functions_and_structures_of_c_alone() -> None:
    assert {name: found for name in library_headers()
            if (found := declarations_in_cpp(tree.read(name)))} == {}


@pytest.mark.parametrize("header", [name for name in library_headers()
                                    if STRUCTURE.search(tree.read(name))])
def test_a_c_compiler_reads_the_structures_of_the_c_library(header: str) -> None:
    """Also those of base classes, whose headers are not installed."""
    flags = subprocess.run(["pkg-config", "--cflags", "gstreamer-1.0", "gstreamer-video-1.0"],
                           capture_output=True, text=True, check=True).stdout
    run = subprocess.run(["g++", "-xc", "-std=gnu11", "-Wall", "-Werror", "-fsyntax-only", "-I",
                          str(tree.ROOT), *flags.split(), "-"], text=True, capture_output=True,
                         input=f'#include "{header}"\n', check=False)
    assert run.returncode == 0, run.stderr


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
