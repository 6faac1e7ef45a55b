# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""What is run in place of the documentation's commands, and what is not run, with the reasons."""

# (what the documentation writes, what is run in its place, why)
STAND_INS = [
    (r" num-buffers=\d+", "", "the next rows give every source its number"),
    (r"\bvideotestsrc\b", "videotestsrc num-buffers=4", "it ends, and soon"),
    (r"\bwidth=\d+,height=\d+", "width=96,height=64", "the models are faster"),
    (r"\bv4l2src\b", "videotestsrc num-buffers=4", "a camera"),
    (r"\bautovideosink\b", "fakesink", "a display"),
    (r"\bdevice=cuda\b", "device=cpu", "a GPU"),
    (r"\bgst-torch bench( --size \S+)?( --frames \d+)?",
     "gst-torch bench --size 160x128 --frames 2", "it times the models on few, small frames"),
    (r"\bmodel=resnet18\b", "model=resnet18-lite", "weights that nobody has to fetch"),
]

# Programs whose commands are run.
RUN = {"gst-launch-1.0", "gst-torch", "ffmpeg"}

# Programs whose commands are not run: the function of checks.py that checks one, and why.
CHECKED = {
    "build/": ("built_program", "benchmarks take minutes and are not built by default"),
    "ffmpeg": ("program_of_others", "in the text, an example of what made a file"),
    "ffprobe": ("program_of_others", "in the text, an example of what shows a time"),
    "compute-sanitizer": ("program_of_others", "requires a GPU and NVIDIA's toolkit"),
    "meson": ("meson", "it would configure, build, install or test the project within its test"),
    "ninja": ("ninja", "it would build the project within its test"),
    "pip": ("pip", "downloads gigabytes"),
    "pkg-config": ("pkg_config", "requires the library to be installed; tests/api installs it"),
    "python3": ("python_module", "trains or evaluates models for minutes, with PyTorch"),
    "run-clang-tidy-14": ("program_of_others", "takes minutes; lint-tidy runs it on a few files"),
    "tests/": ("script", "benchmarks and mutations take minutes to hours"),
    "tools/": ("script", "installs packages, builds and runs this very test"),
}

# Code spans that look like a command and are none that a reader runs.
NO_COMMANDS = {
    "cat results*.jsonl": "the reader's own files",
    "wc -l": "how lines were counted",
}
