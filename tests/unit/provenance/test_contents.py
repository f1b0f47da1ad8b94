"""Marks of files of the user: by their content, which of a large file is read once."""

import os
import time

import pytest
from clm.provenance import contents
from clm.provenance.contents import RECENT, content_mark
from clm.provenance.files import sha256_file


@pytest.fixture
def later(monkeypatch):
    """Time enough after a change that a mark may be remembered."""
    now = time.time()
    monkeypatch.setattr(contents.time, "time", lambda: now + 10 * RECENT)


def edited(path, text):
    """Write a text of the same size and put the time of modification back, as `cp -p` of another file does."""
    about = path.stat()
    assert len(text) == about.st_size
    time.sleep(0.02)  # a tick of the clock of the file system
    path.write_text(text)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert path.stat().st_mtime_ns == about.st_mtime_ns


@pytest.mark.parametrize("small", [0, 100])
def test_an_edit_that_keeps_size_and_time_is_seen(tmp_path, monkeypatch, later, small):
    monkeypatch.setattr(contents, "SMALL", small)
    path = tmp_path / "own.smi"
    path.write_text("CO\n")
    assert content_mark(path, tmp_path / "m") == sha256_file(path)[:16]
    edited(path, "CN\n")
    assert content_mark(path, tmp_path / "m") == sha256_file(path)[:16]


def test_a_large_file_is_read_once_and_again_when_touched_to_the_same_mark(tmp_path, monkeypatch, later):
    monkeypatch.setattr(contents, "SMALL", 0)
    read = []
    monkeypatch.setattr(contents, "sha256_file", lambda path: read.append(path) or sha256_file(path))
    path = tmp_path / "own.smi"
    path.write_text("CO\n")
    marks = [content_mark(path, tmp_path / "m") for _ in range(3)]
    assert len(read) == 1
    path.touch()
    assert {*marks, content_mark(path, tmp_path / "m")} == {sha256_file(path)[:16]} and len(read) == 2


def test_what_changed_just_now_or_cannot_be_remembered_is_read_each_time(tmp_path, monkeypatch):
    monkeypatch.setattr(contents, "SMALL", 0)
    path, blocked = tmp_path / "own.smi", tmp_path / "file"
    path.write_text("CO\n")
    blocked.write_text("no folder")
    assert content_mark(path, tmp_path / "m") == sha256_file(path)[:16] and not (tmp_path / "m").exists()
    monkeypatch.setattr(contents, "RECENT", -1)
    assert content_mark(path, blocked) == sha256_file(path)[:16]


def test_a_damaged_memory_is_made_anew(tmp_path, monkeypatch, later):
    monkeypatch.setattr(contents, "SMALL", 0)
    path = tmp_path / "own.smi"
    path.write_text("CO\n")
    for text in ("", "[]", '{"state": 1}'):
        content_mark(path, tmp_path / "m")
        (remembered,) = (tmp_path / "m").iterdir()
        remembered.write_text(text)
        assert content_mark(path, tmp_path / "m") == sha256_file(path)[:16]
