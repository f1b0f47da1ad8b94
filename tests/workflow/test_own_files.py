"""Files of the user through an overlay and Snakemake: read as meant or refused, and read again when they change."""

import csv
import json
import lzma
import os
import time
from pathlib import Path

import pytest
import yaml
from own_tables import CANONICAL, LABELS, SMILES, csv_text, parquet, sdf
from snakemake_runs import copy_workflow, snakemake

pytestmark = pytest.mark.slow
RESULTS = Path("results", "tiny")
WORDS = [("inactive", "active")[i % 2] for i in range(len(SMILES))]
BOUNDS = [f">{label}" if i % 4 == 3 else label for i, label in enumerate(LABELS)]
COMMAS = [str(label).replace(".", ",") for label in LABELS]
TORN = [(text, "a, b" if i == 4 else "a", LABELS[i]) for i, text in enumerate(SMILES)]
QUOTED = [(f'"{i},{i + 1}-di-N,O-compound"', text, "X") for i, text in enumerate(SMILES)]
FERROCENE = "[CH-]1C=CC=C1.[CH-]1C=CC=C1.[Fe+2]"
# name of the file: (content, settings of the task, labels that are right)
TASKS = {
    "ragged.csv": (csv_text(TORN, header="smiles,name,y"), {}, [y for i, y in enumerate(LABELS) if i != 4]),
    "comma.csv": (csv_text(zip(SMILES, COMMAS, strict=True), ";"), {"decimal": ","}, LABELS),
    "censored.csv": (csv_text(zip(SMILES, BOUNDS, strict=True)), {}, [y for i, y in enumerate(LABELS) if i % 4 != 3]),
    "bounds.csv": (csv_text(zip(SMILES, BOUNDS, strict=True)), {"censored": "value"}, LABELS),
    "minus.csv": (
        csv_text([(text, 2 * (i % 2) - 1) for i, text in enumerate(SMILES)]),
        {"kind": "classification"},
        [i % 2 for i in range(len(SMILES))],
    ),
    "words.csv": (
        csv_text(zip(SMILES, WORDS, strict=True)),
        {"kind": "classification", "positive": "active"},
        [i % 2 for i in range(len(SMILES))],
    ),
    "blank.csv": (csv_text(header="smiles ,y "), {}, LABELS),
    "t.csv.xz": (lzma.compress(csv_text().encode()), {}, LABELS),
    "t.parquet": (parquet(), {}, LABELS),
    "t.sdf": (sdf(), {}, LABELS),
    "numbered.smi": (csv_text(header=None, separator="\t"), {"smiles": 0, "labels": [1]}, LABELS),
}
CORPORA = {
    "name_first.csv": (csv_text(QUOTED, header="name,smiles,inchikey"), "smiles", {}),
    "dative.smi": ("\n".join([*SMILES, "N->[Pt](<-N)(Cl)Cl"]), 0, {}),
    "salts.smi": ("\n".join([*SMILES, FERROCENE]), 0, {"neutralize": True, "largest_fragment": True}),
}


def study(folder: Path, **changed: object) -> Path:
    """Write the files and an overlay with a task and a corpus for each."""
    (folder / "own").mkdir(exist_ok=True)
    for name, (content, *_) in (TASKS | CORPORA).items():
        (folder / "own" / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    base = {"smiles": "smiles", "labels": ["y"], "kind": "regression"}
    tasks = {name: base | how | {"file": f"own/{name}"} for name, (_, how, _) in TASKS.items()}
    about = {"sha256": None, "licence": "mine", "citation": "mine"}
    sources = {name: about | {"file": f"own/{name}"} for name in CORPORA}
    corpora = {
        name: {"files": [{"source": name, "member": None}], "column": column, "separator": ",", "shards": 1}
        | {"max_characters": 120, "largest_fragment": False, "neutralize": False, "validation_molecules": 10}
        | {"decontaminate": []} | SAMPLE | how
        for name, (_, column, how) in CORPORA.items()
    }  # fmt: skip
    told = {"sources": sources, "corpora": corpora, "tasks": tasks} | changed
    (folder / "studies" / "own.yaml").write_text(yaml.safe_dump(told))
    return folder


SAMPLE = {"sample_fraction": 1}
CONFIG = ("--configfile", "studies/tiny.yaml", "studies/own.yaml", "--keep-going")


def made(folder: Path, *targets: Path, code: int = 0) -> str:
    """Run Snakemake for some results and return what it printed."""
    done = snakemake(folder, *CONFIG, "--", *map(str, targets))
    assert done.returncode == code, done.stdout[-4000:]
    return done.stdout


def labels(folder: Path, task: str) -> list[float]:
    """Return the labels of a prepared task."""
    with (folder / RESULTS / "tasks" / task / "molecules.csv").open(newline="") as handle:
        return [float(row.get("y") or row["1"]) for row in csv.DictReader(handle)]


def test_each_file_has_the_right_values(tmp_path):
    folder = study(copy_workflow(tmp_path / "w"))
    tasks = [RESULTS / "tasks" / name / "summary.json" for name in TASKS]
    corpora = [RESULTS / "corpora" / name / "standardized" / "0.json" for name in CORPORA]
    made(folder, *tasks, *corpora)
    assert {name: labels(folder, name) for name in TASKS} == {name: right for name, (*_, right) in TASKS.items()}
    kept = {name: json.loads((folder / path).read_text()) for name, path in zip(CORPORA, corpora, strict=True)}
    assert kept["name_first.csv"]["kept"] == kept["salts.smi"]["kept"] == len(SMILES)
    assert kept["dative.smi"]["kept"] == len(SMILES) + 1 and kept["salts.smi"]["rejected"] == {"not_readable_again": 1}
    with (folder / RESULTS / "tasks" / "blank.csv" / "molecules.csv").open(newline="") as handle:
        assert [row["smiles"] for row in csv.DictReader(handle)] == CANONICAL


def test_what_cannot_be_read_ends_its_job_with_one_line(tmp_path):
    base = {"smiles": "smiles", "labels": ["y"], "kind": "regression"}
    wrong = {
        "comma": ("own/comma.csv", {}, "decimal: ','"),
        "words": ("own/words.csv", {}, "check `labels` and `kind`"),
        "pdf": ("own/x.pdf", {}, "this is a PDF; supported"),
    }
    tasks = {name: base | how | {"file": file} for name, (file, how, _) in wrong.items()}
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
