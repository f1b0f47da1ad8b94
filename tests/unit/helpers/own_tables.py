"""Tables as chemists have them, written here in every way that the reader knows, with what is in them."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from clm.provenance.files import read_json
from clm.tasks.table import Task, load_task
from prepare_task import prepare_task
from rdkit import Chem
from spreadsheet_files import xlsx

SMILES = [
    *("CO", "CN", "CCl", "CC(=O)O", "CC(N)=O", "COC", "CC#N", "CS", "CBr", "CF", "CC(C)=O", "CN(C)C", "c1ccccc1"),
    *("c1ccncc1", "C1CCCCC1", "OC1CCCC1", "C[C@H](N)C(=O)O", "F/C=C/F", "[Na+].[Cl-]", "CC(=O)Oc1ccccc1C(=O)O"),
]
LABELS = [round(0.37 * i - 1.5, 2) for i in range(len(SMILES))]
CANONICAL = [Chem.CanonSmiles(text) for text in SMILES]
CONFIG = {"name": "own", "kind": "regression", "smiles": "smiles", "labels": ["y"]}


def prepared(folder: Path, content: bytes, name: str = "own", **config: Any) -> tuple[Task, dict[str, Any]]:
    """Return the task of a table and its summary."""
    source = folder / name
    source.write_bytes(content)
    prepare_task(source, CONFIG | config, folder / "molecules.csv", folder / "summary.json")
    labels = (CONFIG | config)["labels"]
    return load_task(folder / "molecules.csv", labels), read_json(folder / "summary.json")


def csv_text(rows: Any = None, separator: str = ",", header: str | None = "smiles,y", end: str = "\n") -> str:
    """Return a delimited text without quotes."""
    rows = list(zip(SMILES, LABELS, strict=True)) if rows is None else rows
    lines = [separator.join(map(str, row)) for row in rows]
    return end.join([*([header.replace(",", separator)] if header else []), *lines, ""])


def parquet() -> bytes:
    """Return the table as Parquet."""
    return parquet_of({"smiles": SMILES, "y": LABELS})


def parquet_of(columns: Mapping[str, Any]) -> bytes:
    """Return columns as Parquet."""
    out = io.BytesIO()
    pq.write_table(pa.table(dict(columns)), out)
    return out.getvalue()


def sdf() -> bytes:
    """Return the table as an SDF, whose structures are the molecules."""
    out = io.StringIO()
    with Chem.SDWriter(out) as writer:
        for text, label in zip(SMILES, LABELS, strict=True):
            mol = Chem.MolFromSmiles(text)
            mol.SetProp("y", str(label))
            writer.write(mol)
    return out.getvalue().encode()


def sheet() -> bytes:
    """Return the table as an Excel file."""
    return xlsx({"Tabelle1": [["smiles", "y"], *zip(SMILES, LABELS, strict=True)]})


def zipped(members: Mapping[str, bytes]) -> bytes:
    """Return a zip of members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tarred(**members: bytes) -> bytes:
    """Return a tar of members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(f"data/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def zstd(content: bytes) -> bytes:
    """Return a zstd stream."""
    return pa.compress(content, codec="zstd", asbytes=True)


CONTAINERS = {
    "plain": lambda text: text,
    "gzip": gzip.compress,
    "two gzips": lambda text: gzip.compress(text[:99]) + gzip.compress(text[99:]),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda text: lzma.compress(text, lzma.FORMAT_ALONE),
    "zstd": zstd,
    "zip": lambda text: zipped({"own.csv": text}),
    "zip of a Mac": lambda text: zipped({"own.csv": text, "__MACOSX/._own.csv": b"x", ".DS_Store": b"x"}),
    "tar": lambda text: tarred(own=text),
    "tar.gz": lambda text: gzip.compress(tarred(own=text)),
    "tar.xz": lambda text: lzma.compress(tarred(own=text)),
    "gzip in a zip": lambda text: zipped({"own.csv.gz": gzip.compress(text)}),
    "zip in a gzip": lambda text: gzip.compress(zipped({"own.csv": text})),
}
