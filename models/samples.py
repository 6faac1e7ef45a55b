# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Images and videos of packages that may be installed, for models/evaluate.py."""

import importlib.util
import pathlib


def package_data(package, directory):
    """The data directory of an installed Python package, or None."""
    found = importlib.util.find_spec(package)
    path = pathlib.Path(found.origin).parent / directory if found else None
    return path if path and path.exists() else None


def opencv_examples(work):
    for root in (work / "raw/opencv-doc", pathlib.Path("/")):
        directory = root / "usr/share/doc/opencv-doc/examples/data"
        if directory.exists():
            return directory
    return None
