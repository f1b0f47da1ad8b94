"""Fetching: checksums decide, nothing half-fetched stays, broken transfers resume (a loopback server misbehaves)."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from clm.chemistry import download
from clm.provenance.command import UserError
from clm.provenance.files import read_json
from fetch_source import fetch_source

CONTENT = bytes(range(256)) * 2000


def arguments(tmp_path):
    return tmp_path / "digests" / "a.json", tmp_path / "a" / "content", tmp_path / "a" / "record.json"


def entry(path, sha256):
    return {"name": "a", "file": str(path), "sha256": sha256}


def test_a_file_with_the_right_checksum_is_recorded(tmp_path):
    (tmp_path / "x.csv").write_bytes(CONTENT)
    digest = hashlib.sha256(CONTENT).hexdigest()
    remembered, content, record = arguments(tmp_path)
    fetch_source(entry(tmp_path / "x.csv", digest), remembered, content, record)
    assert content.read_bytes() == CONTENT
    told = read_json(record)
    assert told["sha256"] == digest and told["bytes"] == len(CONTENT)


def test_a_wrong_checksum_keeps_nothing(tmp_path):
    (tmp_path / "x.csv").write_bytes(CONTENT)
    remembered, content, record = arguments(tmp_path)
    with pytest.raises(UserError, match="nothing was kept"):
        fetch_source(entry(tmp_path / "x.csv", "0" * 64), remembered, content, record)
    assert not content.exists() and not record.exists() and not remembered.exists()
    assert not list(content.parent.iterdir())


def test_an_unknown_checksum_is_remembered_and_checked_from_then_on(tmp_path):
    (tmp_path / "x.csv").write_bytes(CONTENT)
    places = arguments(tmp_path)
    fetch_source(entry(tmp_path / "x.csv", None), *places)
    (tmp_path / "x.csv").write_bytes(CONTENT + b"changed")
    with pytest.raises(UserError, match="sha256 is"):
        fetch_source(entry(tmp_path / "x.csv", None), *places)


def test_a_missing_file_is_one_message(tmp_path):
    with pytest.raises(UserError, match="check the path under `sources:`"):
        fetch_source(entry(tmp_path / "no.csv", None), *arguments(tmp_path))


def test_plain_http_is_refused(tmp_path):
    config = {"name": "a", "url": ["http://example.org/x"], "sha256": None}
    with pytest.raises(UserError, match="only https and file"):
        fetch_source(config, *arguments(tmp_path))


class Unreliable(BaseHTTPRequestHandler):
    """Serves ranges, but the first answer stops in the middle."""

    cut = True

    def do_GET(self):
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        body = CONTENT[start:]
        if type(self).cut:
            type(self).cut = False
            body = body[: len(body) // 3]
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_a_cut_transfer_resumes_where_it_stopped(tmp_path, monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Unreliable)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(download.time, "sleep", lambda _: None)
    try:
        url = f"http://127.0.0.1:{server.server_port}/x"
        assert download.fetch_url([url], tmp_path / "x").read_bytes() == CONTENT
    finally:
        server.shutdown()
        server.server_close()
    assert not Unreliable.cut
    with pytest.raises(UserError, match="no mirror delivered"):
        download.fetch_url([url], tmp_path / "y", attempts=2)
