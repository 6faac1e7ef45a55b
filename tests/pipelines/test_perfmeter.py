# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""Reads perfmeter's output with independent parsers."""
import json
import pathlib
import subprocess

import pytest

STREAM = "videotestsrc num-buffers=30 ! queue ! perfmeter name=m interval=0 measure=pipeline+process"


def launch(options: str) -> str:
    ended = subprocess.run(["gst-launch-1.0", "-q", *f"{STREAM} {options} ! fakesink".split()],
                           check=True, capture_output=True, text=True, timeout=60)
    return ended.stdout


def test_the_prometheus_file_is_read_by_prometheus_own_parser(tmp_path: pathlib.Path) -> None:
    parser = pytest.importorskip("prometheus_client.parser")
    file = tmp_path / "perf.prom"
    launch(f"output=prometheus output-location={file}")
    families = {family.name: family
                for family in parser.text_string_to_metric_families(file.read_text())}
    assert families["gsttorch_perf_buffers"].type == "counter"
    assert families["gsttorch_perf_buffers"].samples[0].value == 30
    times = families["gsttorch_perf_element_queueing_seconds"]
    assert times.type == "summary"
    assert {sample.labels["element"] for sample in times.samples} == {"queue0"}


def test_the_standard_output_ends_with_a_table_of_the_elements() -> None:
    lines = launch("output=stdout").splitlines()
    assert lines[0].startswith("m: 30 buffers | rate ")
    assert [line.split()[0] for line in lines[-4:]] == ["videotestsrc0", "queue0", "m", "fakesink0"]


def test_each_line_of_json_is_a_record(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "perf.jsonl"
    launch(f"output=json output-location={file}")
    record, = map(json.loads, file.read_text().splitlines())
    assert record["reason"] == "eos"
    assert [element["name"] for element in record["elements"]] == [
        "videotestsrc0", "queue0", "m", "fakesink0"]
