# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""The videos and frames that the contenders share, under build/bench."""
import pathlib
import subprocess

FRAMES = 12


class Data:
    def __init__(self, video: pathlib.Path, work: pathlib.Path) -> None:
        if not video.exists():
            raise FileNotFoundError(f"{video} is missing: run tools/setup")
        self.video, self.work = video, work
        work.mkdir(parents=True, exist_ok=True)

    def frames(self, size: str) -> pathlib.Path:
        """The first frames of the video in that size, raw RGB."""
        path = self.work / f"frames-{size}.raw"
        width, height = map(int, size.split("x"))
        if path.exists() and path.stat().st_size == FRAMES * width * height * 3:
            return path
        import cv2  # so that all else works without the benchmark's environment
        video = cv2.VideoCapture(str(self.video))
        with path.open("wb") as file:
            for _ in range(FRAMES):
                there, image = video.read()
                if not there:
                    raise ValueError(f"{self.video} has fewer than {FRAMES} frames")
                scaled = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
                file.write(cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB).tobytes())
        return path

    def clip(self) -> pathlib.Path:
        """The video without compression losses, so that every program decodes the same pixels."""
        path = self.work / "clip.mkv"
        if not path.exists():
            partial = self.work / "clip.partial"
            subprocess.run(
                ["gst-launch-1.0", "-q", "-e", "filesrc", f"location={self.video}", "!",
                 "decodebin", "!", "videoconvert", "!", "video/x-raw,format=BGRx", "!", "avenc_ffv1", "!",
                 "matroskamux", "!", "filesink", f"location={partial}"], check=True, timeout=120)
            partial.rename(path)
        return path
