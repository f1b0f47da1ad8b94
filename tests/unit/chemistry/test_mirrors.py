"""Downloads from a loopback https server that cuts, stalls, trickles, corrupts, redirects and changes its file."""

import hashlib
import os
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from clm.chemistry import mirrors
from clm.chemistry.mirrors import fetch_url
from clm.provenance.canonical import canonical
from clm.provenance.command import UserError
from clm.provenance.files import read_json

ROOT = Path(__file__).resolve().parents[3]
CONTENT = bytes(range(256)) * 4000
OTHER = CONTENT[::-1]
DIGEST = hashlib.sha256(CONTENT).hexdigest()
CUT = len(CONTENT) // 3


class Server(BaseHTTPRequestHandler):
    """Serves `content` with ranges; each request takes the next of `faults` and is kept in `seen`."""

    content, tag, faults, seen = CONTENT, '"one"', [], []

    def do_GET(self):
        fault = type(self).faults.pop(0) if type(self).faults else ""
        self.seen.append((self.path, self.headers.get("Range"), fault))
        if fault in ("404", "503"):
            return self.send_error(int(fault))
        if fault.startswith("to "):
            self.send_response(302)
            self.send_header("Location", fault[3:])
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if fault == "changed":
            type(self).content, type(self).tag = OTHER, '"two"'
        self.deliver(fault)

    def deliver(self, fault):
        start = self.start(fault)
        self.send_response(206 if start else 200)
        if start:
            first = start + 5 if fault == "other part" else start
            self.send_header("Content-Range", f"bytes {first}-{len(self.content) - 1}/{len(self.content)}")
        if fault != "no length":
            self.send_header("Content-Length", str(len(self.content) - start))
        if fault != "no tag":
            self.send_header("ETag", self.tag)
        self.end_headers()
        body = self.content[start:]
        if fault == "corrupt":
            body = body[:-1] + b"?"
        if fault in ("cut", "no tag", "stall"):
            body = body[:CUT]
        self.wfile.write(body[:1] if fault == "trickle" else body)
        if fault in ("stall", "trickle"):
            for byte in [bytes([b]) for b in body[1:40]] if fault == "trickle" else [b""] * 10:
                time.sleep(0.05)
                self.wfile.write(byte)
        self.close_connection = True

    def start(self, fault):
        """Return the byte from which to send: that of the range when the version asked for is still this one."""
        asked = self.headers.get("Range")
        fresh = self.headers.get("If-Range") == self.tag or fault == "ignores If-Range"
        return int(asked[6:-1]) if asked and fresh and fault != "ignores Range" else 0

    def log_message(self, *_):
        pass


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1 that signs itself."""
    folder = tmp_path_factory.mktemp("certificate")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def server(certificate, monkeypatch):
    """The address of a running server, trusted as a user would: by SSL_CERT_FILE. Pauses are skipped and noted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    handler = type("Handler", (Server,), {"faults": [], "seen": []})
    running = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    running.daemon_threads, running.handle_error = True, lambda *_: None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    running.socket = context.wrap_socket(running.socket, server_side=True)
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    handler.url = f"https://127.0.0.1:{running.server_port}/a"
    yield handler
    running.shutdown()
    running.server_close()


@pytest.fixture
def pauses(monkeypatch):
    found = []
    monkeypatch.setattr(mirrors, "time", type("Time", (), {"sleep": found.append, "monotonic": time.monotonic}))
    return found


def test_cut_transfers_resume_where_they_stopped(server, tmp_path, pauses):
    server.faults[:] = ["cut", "cut", "503"]
    assert fetch_url([server.url], tmp_path, None).read_bytes() == CONTENT
    assert [asked for _, asked, _ in server.seen] == [None, f"bytes={CUT}-", *[f"bytes={2 * CUT}-"] * 2]
    assert pauses == [2, 4, 8], "twice as long each time"


def test_a_later_run_continues_what_an_earlier_one_received(server, tmp_path, pauses):
    server.faults[:] = ["cut"]
    with pytest.raises(UserError, match=f"cut off after {CUT} of {len(CONTENT)} bytes"):
        fetch_url([server.url], tmp_path, DIGEST, attempts=1)
    assert fetch_url([server.url], tmp_path, DIGEST).read_bytes() == CONTENT
    assert server.seen[-1][1] == f"bytes={CUT}-"


@pytest.mark.parametrize("fault", ["ignores Range", "other part", "no tag"])
def test_a_server_that_grants_no_range_starts_over(server, tmp_path, pauses, fault):
    server.faults[:] = ["no tag", "", ""] if fault == "no tag" else ["cut", fault]
    assert fetch_url([server.url], tmp_path, None).read_bytes() == CONTENT
    if fault == "no tag":
        assert server.seen[1][1] is None, "without a validator nobody can tell that it is the same file"


@pytest.mark.parametrize("lies", [False, True])
def test_a_file_that_changes_between_attempts_is_never_mixed(server, tmp_path, pauses, lies):
    """The server changes its file; a lying one sends the rest of the new file although it was asked for the old."""
    server.faults[:] = ["cut", "changed"]
    if lies:
        server.content, server.tag = CONTENT, '"one"'
        server.start = lambda self, fault: int((self.headers.get("Range") or "bytes=0-")[6:-1])
    assert fetch_url([server.url], tmp_path, None).read_bytes() == OTHER


def test_corrupt_content_is_refused_and_the_next_mirror_asked(server, tmp_path, pauses):
    server.faults[:] = ["corrupt"]
    mirror = server.url + "-mirror"
    assert fetch_url([server.url, mirror], tmp_path, DIGEST).read_bytes() == CONTENT
    assert [path for path, _, _ in server.seen] == ["/a", "/a-mirror"]
    server.faults[:] = ["corrupt", "corrupt"]
    with pytest.raises(UserError, match="nothing was kept"):
        fetch_url([server.url, mirror], tmp_path / "b", DIGEST)
    assert not list((tmp_path / "b").iterdir())


def test_dead_and_missing_mirrors_are_passed_over(server, tmp_path, pauses):
    server.faults[:] = ["404"]
    dead = "https://127.0.0.1:9/a"
    assert fetch_url([dead, server.url + "-gone", server.url], tmp_path, DIGEST).read_bytes() == CONTENT
    server.faults[:] = ["404"]
    with pytest.raises(UserError, match="404"):
        fetch_url([server.url], tmp_path / "b", DIGEST)
    assert len(server.seen) == 3, "a missing file is not asked for again"


def test_silent_and_trickling_servers_are_given_up(server, tmp_path, monkeypatch):
    monkeypatch.setattr(mirrors, "TIMEOUT", 0.2)
    server.faults[:] = ["stall", "trickle", ""]
    began = time.monotonic()
    assert fetch_url([server.url], tmp_path, DIGEST, pause=0.01).read_bytes() == CONTENT
    assert len(server.seen) == 3 and time.monotonic() - began < 10


def test_redirects_lead_to_https_only(server, tmp_path, pauses):
    server.faults[:] = [f"to {server.url}-elsewhere", "cut", f"to {server.url}-elsewhere"]
    assert fetch_url([server.url], tmp_path, DIGEST).read_bytes() == CONTENT
    assert server.seen[-1][:2] == ("/a-elsewhere", f"bytes={CUT}-")
    for address in ("http://127.0.0.1:1/a", "file:///etc/passwd", "ftp://127.0.0.1/a"):
        server.faults[:] = [f"to {address}"]
        with pytest.raises(UserError, match="not https|not allowed"):
            fetch_url([server.url], tmp_path / "b", DIGEST)


def test_without_length_only_a_known_digest_can_tell_the_whole_file(server, tmp_path, pauses):
    server.faults[:] = ["no length"]
    assert fetch_url([server.url], tmp_path, DIGEST).read_bytes() == CONTENT
    server.faults[:] = ["no length"]
    with pytest.raises(UserError, match="state its sha256"):
        fetch_url([server.url], tmp_path / "b", None)


def test_a_certificate_that_nobody_trusts_is_refused(server, tmp_path, pauses, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(UserError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch_url([server.url], tmp_path, DIGEST)
    with pytest.raises(UserError, match="only https and file"):
        fetch_url([server.url.replace("https", "http")], tmp_path, DIGEST)


def test_the_script_fetches_records_and_tidies_up(server, tmp_path):
    server.faults[:] = ["cut"]
    config = {"name": "a", "url": [server.url], "sha256": DIGEST}
    paths = {"remembered": ".digests/a.json", "content": "a/content", "record": "a/record.json"}
    places = [part for name, path in paths.items() for part in (f"--{name}", str(tmp_path / path))]
    command = [sys.executable, "scripts/data/fetch_source.py", "--settings", canonical(config), *places]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}  # as the workflow sets it for every job
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    assert (tmp_path / "a/content").read_bytes() == CONTENT
    told = read_json(tmp_path / "a/record.json")
    assert told["sha256"] == DIGEST and told["name"] == "a" and told["bytes"] == len(CONTENT)
    assert not (tmp_path / ".partial" / "a").exists()
