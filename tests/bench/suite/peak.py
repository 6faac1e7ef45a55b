# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Prints the machine's peak: the larger rate of a matrix product and a convolution, GFLOP/s in
float32."""
import json
import time

import torch
from torch.nn import functional

SIDE, CHANNELS, IMAGE, REPEATS = 2048, 128, 128, 8


def best_rate(flop: float, work) -> float:
    work()
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return flop / min(times) / 1e9


def main() -> None:
    with torch.inference_mode():
        a, b = torch.rand(SIDE, SIDE), torch.rand(SIDE, SIDE)
        image = torch.rand(1, CHANNELS, IMAGE, IMAGE).to(memory_format=torch.channels_last)
        kernel = torch.rand(CHANNELS, CHANNELS, 3, 3).to(memory_format=torch.channels_last)
        product = best_rate(2 * SIDE ** 3, lambda: a @ b)
        convolution = best_rate(2 * 9 * CHANNELS ** 2 * IMAGE ** 2,
                                lambda: functional.conv2d(image, kernel, padding=1))
    print(json.dumps({"peak_gflops": round(max(product, convolution), 1)}))


if __name__ == "__main__":
    main()
