#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Measures the sizes of writes into a directory: runs a command under strace and adds them up.

    write_sizes.py DIRECTORY COMMAND...
"""
import collections
import pathlib
import re
import subprocess
import sys
import tempfile

LARGE = 256 * 1024
# 123 write(5</directory/flow/000001.flo.part>, ""..., 917516) = 917516
# strace repeats the file name of a finished call unless it was interrupted while printing it.
CALL = re.compile(r"^(\d+) +p?writev?(?:64)?\(\d+<([^>]*)>.*(?:= (\d+)$|<unfinished)")
RESUMED = re.compile(r"^(\d+) +<\.\.\. p?writev?(?:64)? resumed>.*= (\d+)$")


def writes(lines: list[str]) -> list[tuple[str, int]]:
    """(file, bytes) of each call that wrote data."""
    found, unfinished = [], {}
    for line in lines:
        if call := CALL.match(line):
            thread, file, size = call.groups()
            if size is None:
                unfinished[thread] = file
            else:
                found.append((file, int(size)))
        elif (resumed := RESUMED.match(line)) and resumed.group(1) in unfinished:
            found.append((unfinished.pop(resumed.group(1)), int(resumed.group(2))))
    return found


def main() -> None:
    directory, command = str(pathlib.Path(sys.argv[1]).resolve()) + "/", sys.argv[2:]
    with tempfile.NamedTemporaryFile("r", errors="replace") as trace:
        subprocess.run(["strace", "-f", "-y", "-s", "0", "-e", "trace=write,writev,pwrite64,pwritev",
                        "-o", trace.name, *command], check=True)
        sizes = [(file, size) for file, size in writes(trace.read().splitlines())
                 if file.startswith(directory)]
    total = sum(size for _, size in sizes)
    large = sum(size for _, size in sizes if size >= LARGE)
    kinds = collections.Counter(pathlib.PurePath(file.removesuffix(".part")).suffix
                                for file, _ in sizes)
    print(f"{len(sizes)} writes ({', '.join(f'{n} {kind}' for kind, n in kinds.items())}), "
          f"{total} bytes, {100 * large / max(total, 1):.2f} % of them in writes >= 256 KiB")


if __name__ == "__main__":
    main()
