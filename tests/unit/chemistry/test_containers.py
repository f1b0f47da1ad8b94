"""What a file is its first bytes say: each container gives the same molecules and labels, or is refused by name."""

import bz2
import gzip
import lzma
from collections import Counter

import numpy as np
import pytest
from clm.chemistry.reader import containers
from clm.chemistry.sources import smiles_rows
from clm.chemistry.standardize import parse
from clm.provenance.command import UserError
from own_tables import (
    CANONICAL,
    CONTAINERS,
    LABELS,
    SMILES,
    csv_text,
    parquet,
    prepared,
    sdf,
    sheet,
    tarred,
    zipped,
    zstd,
)
from rdkit import Chem
from spreadsheet_files import xlsx

TABLES = {"CSV": csv_text().encode(), "Parquet": parquet(), "SDF": sdf(), "Excel": sheet()}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_the_same_in_every_container(tmp_path, table, container):
    content = CONTAINERS[container](TABLES[table])
    task, summary = prepared(tmp_path, content, "table.wrong")
    assert task.smiles == CANONICAL and summary["rejected"] == {}
    np.testing.assert_array_equal(task.labels[:, 0], LABELS)
    (tmp_path / "corpus.txt").write_bytes(content)
    torn = Counter()
    rows = list(smiles_rows(tmp_path / "corpus.txt", None, "smiles", ",", torn))
    assert [Chem.MolToSmiles(parse(row.decode())) for row in rows] == CANONICAL and not torn


def test_a_member_or_a_sheet_is_chosen_by_name(tmp_path):
    other = csv_text([("CCCC", 1)]).encode()
    for content, member in (
        (zipped({"a.csv": TABLES["CSV"], "b.csv": other}), "a.csv"),
        (gzip.compress(tarred(a=TABLES["CSV"], b=other), mtime=0), "data/a"),
        (xlsx({"a": [["smiles", "y"], *zip(SMILES, LABELS, strict=True)], "b": [["smiles", "y"]]}), "a"),
    ):
        assert prepared(tmp_path, content, member=member)[0].smiles == CANONICAL
        with pytest.raises(UserError, match=r"2 members|several sheets"):
            prepared(tmp_path, content)
        with pytest.raises(UserError, match="no such"):
            prepared(tmp_path, content, member="c")
    with pytest.raises(UserError, match="no archive"):
        prepared(tmp_path, TABLES["CSV"], member="a")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "an HDF5 file"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(99), "a 7z archive"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b'{"smiles": ["CO"]}', "a JSON file"),
        (b'[{"smiles": "CO"}]', "a JSON file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"),
        (b"\x80\x04\x95" + bytes(range(99)), "a Python pickle"),
        (bytes(range(256)) * 4, "a binary file of an unknown kind"),
        (gzip.compress(b"ARROW1\0\0" + bytes(99), mtime=0), "an Arrow or Feather file"),
        (zipped({"picture.png": b"\x89PNG\r\n\x1a\n"}), "an image"),
    ],
)
def test_what_is_not_read_is_refused_by_its_name_without_noise(tmp_path, content, told):
    with pytest.raises(UserError, match=f"this is {told}.*supported: CSV") as error:
        prepared(tmp_path, content)
    assert str(error.value).isprintable()


def test_smiles_and_numbers_are_taken_for_no_other_kind(tmp_path):
    for first in ("[Na+].[Cl-]", "[2H]C", "C", "{", "BZ"):
        (tmp_path / "own.smi").write_text(f"{first}\n" + "CO\n" * 30)
        assert list(smiles_rows(tmp_path / "own.smi", None, 0, "\t"))[0] == first.encode()


@pytest.mark.parametrize(
    "pack", [gzip.compress, bz2.compress, lzma.compress, zstd, lambda text: zipped({"a.csv": text})]
)
def test_an_archive_bomb_is_stopped_by_its_ratio(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(containers, "SMALL", 2**20)
    content = pack(b"smiles,y\n" + b"CO,1\n" * 2**20)
    with pytest.raises(UserError, match="inflates beyond the allowed size"):
        prepared(tmp_path, content)
    monkeypatch.setattr(containers, "SMALL", 2**23)
    assert prepared(tmp_path, pack(csv_text().encode()))[0].smiles == CANONICAL


def test_a_spreadsheet_that_inflates_is_stopped_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(containers, "SMALL", 10**5)
    monkeypatch.setattr(containers, "RATIO", 10)
    with pytest.raises(UserError, match="inflates beyond the allowed size"):
        prepared(tmp_path, xlsx({"a": [["smiles", "y"], *[["CO", 1]] * 30_000]}))


@pytest.mark.parametrize("container", ["gzip", "bzip2", "xz", "zstd", "zip", "tar.gz"])
def test_a_container_that_is_cut_is_refused_in_one_line(tmp_path, container):
    content = CONTAINERS[container](csv_text([(text, i) for i, text in enumerate(SMILES * 400)]).encode())
    with pytest.raises(UserError, match=r"damaged or truncated|cannot be read") as error:
        prepared(tmp_path, content[: len(content) * 2 // 3])
    assert str(error.value).isprintable()
