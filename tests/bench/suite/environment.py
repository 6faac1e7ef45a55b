# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The Python environment in which the stock models run. Needs only the standard library."""
import hashlib
import pathlib
import shutil
import subprocess
import sys

REQUIREMENTS = pathlib.Path(__file__).resolve().parent.parent / "requirements.txt"
TIMEOUT_S = 900


def stamp_of(requirements: pathlib.Path) -> str:
    return hashlib.sha256(requirements.read_bytes()).hexdigest()


def python_in(directory: pathlib.Path) -> pathlib.Path:
    return directory / "bin" / "python"


def is_complete(directory: pathlib.Path, requirements: pathlib.Path = REQUIREMENTS) -> bool:
    """True if it was made from this list; an interrupted or an older one is made again."""
    stamp = directory / "complete"
    return (stamp.is_file() and stamp.read_text() == stamp_of(requirements)
            and python_in(directory).exists())


def make(directory: pathlib.Path, requirements: pathlib.Path = REQUIREMENTS) -> pathlib.Path:
    """Makes the environment if it is absent. Returns its Python."""
    if not is_complete(directory, requirements):
        print(f"making {directory} (5 GB, some minutes) ...", file=sys.stderr, flush=True)
        shutil.rmtree(directory, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(directory)], check=True, timeout=120)
        subprocess.run([str(python_in(directory)), "-m", "pip", "install", "--quiet", "--no-deps",
                        "--disable-pip-version-check", "-r", str(requirements)],
                       check=True, timeout=TIMEOUT_S)
        (directory / "complete").write_text(stamp_of(requirements))
    return python_in(directory)
