"""Files of the user through an overlay and Snakemake: read as meant or refused, and read again when they change."""

import csv
import json
import os
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from own_files import CORPORA, DATIVE, MAPPED, MOLECULES, TASKS, study
from own_tables import CANONICAL, LABELS, SMILES, csv_text
from rdkit import Chem
from snakemake_runs import copy_workflow, snakemake

pytestmark = pytest.mark.slow
RESULTS = Path("results", "tiny")
CONFIG = ("--configfile", "studies/tiny.yaml", "studies/own.yaml", "--keep-going")


def made(folder: Path, *targets: Path, code: int = 0) -> str:
    """Run Snakemake for some results and return what it printed."""
    done = snakemake(folder, *CONFIG, "--", *map(str, targets))
    assert done.returncode == code, done.stdout[-4000:]
    return done.stdout


def table(folder: Path, task: str) -> list[dict[str, str]]:
    """Return the rows of a prepared task."""
    with (folder / RESULTS / "tasks" / task / "molecules.csv").open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def smiles(folder: Path, file: str) -> list[str]:
    """Return the molecules of a stage of a corpus."""
    return pq.read_table(folder / RESULTS / "corpora" / file, columns=["smiles"])["smiles"].to_pylist()


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """A folder in which all files were read."""
    folder = study(copy_workflow(tmp_path_factory.mktemp("own") / "w"))
    tasks = [f"tasks/{name}/summary.json" for name in TASKS | MOLECULES]
    corpora = [f"corpora/{name}/standardized/0.json" for name in CORPORA]
    further = ["corpora/polymers.smi/decontaminated/0.parquet", "corpora/dative.smi/token_counts.json"]
    made(folder, *(RESULTS / path for path in (*tasks, *corpora, *further)))
    return folder


def test_each_task_has_the_right_labels_and_molecules(read):
    for name, (*_, right) in TASKS.items():
        rows = table(read, name)
        assert [float(row.get("y") or row["1"]) for row in rows] == right, name
        assert [row["smiles"] for row in rows] == [CANONICAL[int(row["row"])] for row in rows], name
    for name, (*_, right) in MOLECULES.items():
        rows = table(read, name)
        assert [row["smiles"] for row in rows] == right and [float(row["y"]) for row in rows] == [*range(len(rows))]
        assert len({row["identity"] for row in rows}) == len({row["smiles"] for row in rows})
    told = json.loads((read / RESULTS / "tasks" / "atom_maps.csv" / "summary.json").read_text())
    assert told["atom_maps"] == told["duplicates"] == len(MAPPED)
    told = json.loads((read / RESULTS / "tasks" / "parts.csv" / "summary.json").read_text())
    assert told["rejected"] == {"unparsable": 3} and "3 of 20 labels are lost" in told["warnings"][0]


def test_each_corpus_has_the_right_molecules(read):
    for name in ("name_first.csv", "tricky.csv", "names.smi", "blocks_corpus.csv"):
        assert smiles(read, f"{name}/standardized/0.parquet") == CANONICAL, name
    dative, polymers = ([Chem.CanonSmiles(text) for text in texts] for texts in (DATIVE, MOLECULES["polymers.csv"][2]))
    assert smiles(read, "dative.smi/standardized/0.parquet") == CANONICAL + dative
    assert smiles(read, "polymers.smi/standardized/0.parquet") == CANONICAL + polymers
    assert sorted(smiles(read, "polymers.smi/decontaminated/0.parquet")) == sorted(CANONICAL)
    salts = ["Cl" if "." in text else text for text in CANONICAL]
    assert smiles(read, "salts.smi/standardized/0.parquet") == salts
    told = json.loads((read / RESULTS / "corpora" / "salts.smi" / "standardized" / "0.json").read_text())
    assert told["rejected"] == {"not_readable_again": 1}


def test_tokens_of_dative_bonds_are_counted(read):
    counts = json.loads((read / RESULTS / "corpora" / "dative.smi" / "token_counts.json").read_text())["tokens"]
    text = "\n".join(smiles(read, "dative.smi/train.parquet"))
    assert [counts[bond] for bond in ("->", "<-")] == [text.count(bond) for bond in ("->", "<-")] != [0, 0]
    assert sum(len(token) * count for token, count in counts.items()) == len(text.replace("\n", ""))


def test_what_cannot_be_read_ends_its_job_with_one_line(tmp_path):
    base = {"smiles": "smiles", "labels": ["y"], "kind": "regression"}
    wrong = {
        "comma": ("own/comma.csv", {}, "decimal: ','"),
        "words": ("own/words.csv", {}, "check `labels` and `kind`"),
        "pdf": ("own/x.pdf", {}, "this is a PDF; supported"),
        "both": ("own/words.csv", {"kind": "classification", "positive": "active", "negative": "active"}, "is both in"),
    }
    tasks = {name: base | how | {"file": file} for name, (file, how, _) in wrong.items()}
    tasks["polymers.csv"] = base | {"file": "own/polymers.csv"}  # which a corpus names
    folder = study(copy_workflow(tmp_path / "w"), tasks=tasks)
    (folder / "own" / "x.pdf").write_bytes(b"%PDF-1.7")
    made(folder, *(RESULTS / "tasks" / name / "summary.json" for name in wrong), code=1)
    for name, (*_, told) in wrong.items():
        log = (folder / RESULTS / "logs" / "prepare_task" / f"{name}.log").read_text()
        assert told in log.strip().splitlines()[-1] and "Traceback" not in log


def test_a_file_that_changed_is_read_again_whatever_its_time_says(tmp_path):
    folder = study(copy_workflow(tmp_path / "w"))
    corpus, task = (
        RESULTS / "corpora" / "dative.smi" / "gathered.json",
        RESULTS / "tasks" / "blank.csv" / "summary.json",
    )
    made(folder, corpus, task)
    assert "Nothing to be done" in made(folder, corpus, task)
    for file, content in (
        ("dative.smi", "CO\nCN\n"),
        ("blank.csv", csv_text(list(zip(SMILES, LABELS, strict=True))[:12])),
    ):
        path = folder / "own" / file
        path.write_text(content)
        os.utime(path, (time.time() - 10**6,) * 2)  # as cp -p and mv do
    made(folder, corpus, task)
    assert json.loads((folder / corpus).read_text())["read"] == 2
    assert json.loads((folder / task).read_text())["read"] == 12
    (folder / "own" / "other.smi").write_text("CO\nCN\nCC\n")
    overlay = yaml.safe_load((folder / "studies" / "own.yaml").read_text())
    overlay["sources"]["dative.smi"]["file"] = "own/other.smi"
    (folder / "studies" / "own.yaml").write_text(yaml.safe_dump(overlay))
    made(folder, corpus)
    assert json.loads((folder / corpus).read_text())["read"] == 3
    overlay["sources"]["dative.smi"]["sha256"] = "0" * 64
    (folder / "studies" / "own.yaml").write_text(yaml.safe_dump(overlay))
    made(folder, corpus, code=1)
    log = (folder / "results" / "sources" / "dative.smi" / "fetch.log").read_text()
    assert "your file own/other.smi has sha256" in log and "publisher" not in log


def test_a_large_file_is_read_again_after_an_edit_that_keeps_its_size_and_time(tmp_path):
    folder = study(copy_workflow(tmp_path / "w"))
    path, corpus = folder / "own" / "names.smi", RESULTS / "corpora" / "names.smi"
    path.write_text("\n".join(f"{text} {'x' * 10**6}" for text in SMILES))
    before = path.stat()
    assert before.st_size > 2**24  # bytes; smaller files are hashed each time
    for first in ("CO", "CN"):
        with path.open("r+") as handle:
            handle.write(first)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        time.sleep(3)  # then its digest is remembered
        made(folder, corpus / "gathered.json")
        raw = pq.read_table(folder / corpus / "rows.parquet")["raw"].to_pylist()
        assert raw == [text.encode() for text in (first, *SMILES[1:])]
        assert "Nothing to be done" in made(folder, corpus / "gathered.json")
