# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Shared by the lint tests: the files of the project, and the files that the build created."""
import functools
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(os.environ.get("GST_TORCH_SOURCE_ROOT", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("GST_TORCH_BUILD_ROOT", ROOT / "build"))
PLUGINS = BUILD / "gst" / "plugin"

CPP = (".cpp", ".h", ".cu", ".c")
INCLUDE = re.compile(r"^\s*#\s*include\s*([<\"])([^>\"]+)[>\"]", re.MULTILINE)


@functools.cache
def files() -> tuple[str, ...]:
    """Paths, relative to the root, of all files that are or could be committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    names = listed.stdout.split("\0")
    return tuple(sorted(name for name in names if name and (ROOT / name).is_file()))


def files_ending(*endings: str) -> list[str]:
    return [name for name in files() if name.endswith(endings)]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def is_script(name: str) -> bool:
    return (ROOT / name).read_bytes()[:2] == b"#!"


def plugin_files() -> list[pathlib.Path]:
    found = sorted(PLUGINS.glob("*.so"))
    assert found, f"no plugin in {PLUGINS}: build first"
    return found


def gst_environment(registry: pathlib.Path) -> dict[str, str]:
    """Only our plugins, rescanned within the process, without engine and weights."""
    return os.environ | {
        "GST_PLUGIN_PATH": str(PLUGINS),
        "GST_PLUGIN_SYSTEM_PATH": "",
        "GST_REGISTRY": str(registry),
        "GST_REGISTRY_FORK": "no",
        "GST_TORCH_ENGINE": str(registry.parent / "no-engine.so"),
        "GST_TORCH_MODELS_DIR": str(registry.parent / "no-models"),
        "GST_INSPECT_NO_COLORS": "1",
    }


def inspect(registry: pathlib.Path, *arguments: str) -> str:
    run = subprocess.run(["gst-inspect-1.0", *arguments], env=gst_environment(registry), text=True,
                         capture_output=True, check=False)
    assert run.returncode == 0, f"gst-inspect-1.0 {' '.join(arguments)}: {run.stdout}{run.stderr}"
    return run.stdout


def elements_of(plugin: pathlib.Path, registry: pathlib.Path) -> list[str]:
    """The names of the elements that a plugin file registers."""
    features = inspect(registry, str(plugin)).partition("\n\n")[2]
    return re.findall(r"^  (\w+): .+$", features, re.MULTILINE)


def plugin_name(plugin: pathlib.Path, registry: pathlib.Path) -> str:
    """The name of the plugin in a file."""
    return re.search(r"^  Name +(\w+)$", inspect(registry, str(plugin)), re.MULTILINE).group(1)
