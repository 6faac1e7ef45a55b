# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Tests the errors of tools/setup when a step fails, in a copy of tools/ with fake programs."""
import pathlib

import pytest

from conftest import Checkout

TORCH_WHEEL = "torch-2.15.0-cp311-cp311-manylinux_2_28_x86_64.whl"
NOTHING_INSTALLED = "exit 1"


def test_names_a_machine_that_it_has_no_libtorch_for(checkout: Checkout) -> None:
    checkout.pretend("uname", "echo aarch64")
    assert "aarch64" in checkout.failure()


def test_needs_debian(checkout: Checkout) -> None:
    checkout.hide("apt-get")
    assert "Debian 12" in checkout.failure()


def test_tells_what_to_install_where_it_may_not(checkout: Checkout) -> None:
    checkout.pretend("dpkg-query", 'for name; do echo "installed $name"; done | grep -v meson')
    checkout.pretend("id", "echo 1000")
    checkout.hide("sudo")
    assert checkout.failure().endswith("apt-get install --no-install-recommends meson\n")


UNKNOWN_HOST = "sudo: unable to resolve host box: Name or service not known"


@pytest.mark.parametrize("said, expected", [
    (f"{UNKNOWN_HOST}\nsudo: a terminal is required to read the password", "no terminal"),
    (f"{UNKNOWN_HOST}\nsudo: a password is required", "no terminal"),
    (f"{UNKNOWN_HOST}\nE: Unable to locate package meson", "apt sources"),
    ("Err: Temporary failure resolving 'a.mirror'", "no network"),
    ("E: Unable to locate package meson", "apt sources"),
    ("E: You don't have enough free space in /var/cache/apt/archives/.", "disk is full"),
    ("E: Could not get lock /var/lib/dpkg/lock-frontend.", "another package manager"),
    ("E: Something nobody thought of", "Something nobody thought of"),
])
def test_explains_why_packages_cannot_be_installed(checkout: Checkout, said: str,
                                                   expected: str) -> None:
    checkout.pretend("dpkg-query", NOTHING_INSTALLED)
    checkout.pretend("id", "echo 0")
    checkout.pretend("apt-get", f'echo "{said}" >&2; exit 100')
    message = checkout.failure()
    assert "installing Debian packages failed" in message
    assert expected in message


def test_refuses_a_wheel_with_another_hash(checkout: Checkout, tmp_path: pathlib.Path) -> None:
    (tmp_path / TORCH_WHEEL).write_bytes(b"not what was pinned")
    message = checkout.failure(PIP_FIND_LINKS=str(tmp_path))
    assert "downloading LibTorch failed" in message
    assert "sha256" in message


def test_says_that_there_is_no_network(checkout: Checkout) -> None:
    del checkout.environment["PIP_NO_INDEX"]
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}
    assert "no network" in checkout.failure(**nowhere)


def test_asks_for_disk_space_before_it_downloads(checkout: Checkout) -> None:
    checkout.pretend("df", "echo Avail; echo 100")
    message = checkout.failure()
    assert "2500 MB" in message
    assert "has 100 MB" in message


def test_says_that_a_directory_is_no_libtorch(checkout: Checkout, tmp_path: pathlib.Path) -> None:
    assert "is not LibTorch" in checkout.failure(GST_TORCH_LIBTORCH=str(tmp_path))


def test_says_what_torch_cuda_means(checkout: Checkout) -> None:
    assert "GST_TORCH_SETUP_CUDA is 'yes'" in checkout.failure(GST_TORCH_SETUP_CUDA="yes")


def test_says_that_a_directory_is_no_cuda_toolkit(checkout: Checkout, tmp_path: pathlib.Path) -> None:
    assert "is not a CUDA toolkit" in checkout.failure(GST_TORCH_CUDA_TOOLKIT=str(tmp_path))


def test_takes_a_directory_with_nvcc_for_a_cuda_toolkit(checkout: Checkout,
                                                     tmp_path: pathlib.Path) -> None:
    nvcc = tmp_path / "toolkit" / "bin" / "nvcc"
    nvcc.parent.mkdir(parents=True)
    nvcc.write_text("#!/bin/sh\n")
    nvcc.chmod(0o755)
    message = checkout.failure(GST_TORCH_CUDA_TOOLKIT=str(tmp_path / "toolkit"))
    assert "downloading LibTorch failed" in message  # the next step, which has no package index


def test_rejects_an_argument_it_does_not_know(checkout: Checkout) -> None:
    status, said = checkout.setup("--frobnicate")
    assert status == 2
    assert said.startswith("usage: tools/setup")
