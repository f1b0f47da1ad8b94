"""Fetching: checksums decide, nothing half-fetched stays (servers that misbehave: test_mirrors.py)."""

import hashlib

import pytest
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
    published = {"name": "a", "url": [(tmp_path / "x.csv").as_uri()], "sha256": None}
    fetch_source(published, *places)
    (tmp_path / "x.csv").write_bytes(CONTENT + b"changed")
    with pytest.raises(UserError, match="expected"):
        fetch_source(published, *places)


def test_a_file_of_the_user_may_change_unless_its_checksum_is_stated(tmp_path):
    (tmp_path / "x.csv").write_bytes(CONTENT)
    places = arguments(tmp_path)
    fetch_source(entry(tmp_path / "x.csv", None), *places)
    (tmp_path / "x.csv").write_bytes(b"changed")
    fetch_source(entry(tmp_path / "x.csv", None), *places)
    assert places[1].read_bytes() == b"changed" and not places[0].exists()
    with pytest.raises(UserError, match=r"your file .*x\.csv has sha256 .* sources\.a\.sha256 says 0+; nothing"):
        fetch_source(entry(tmp_path / "x.csv", "0" * 64), *places)
    assert places[1].read_bytes() == b"changed"


def test_a_missing_file_is_one_message(tmp_path):
    with pytest.raises(UserError, match="check the path under `sources:`"):
        fetch_source(entry(tmp_path / "no.csv", None), *arguments(tmp_path))


def test_plain_http_is_refused(tmp_path):
    config = {"name": "a", "url": ["http://example.org/x"], "sha256": None}
    with pytest.raises(UserError, match="only https and file"):
        fetch_source(config, *arguments(tmp_path))
