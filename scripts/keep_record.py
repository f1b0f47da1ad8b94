"""Keep a record of a finished study that is small enough for git: settings, tables, figures, pages, predictions.

python scripts/keep_record.py results/workstation reference/workstation
"""

import gzip
import shutil
from pathlib import Path

from clm.provenance.chain import RECORDS, read_records
from clm.provenance.command import UserError, run
from clm.provenance.files import atomic, write_json
from clm.tables.all_predictions import all_predictions

PLAIN = 400_000  # bytes above which a table is compressed
FINISHED = (RECORDS, "tables/claims.json", "tables/findings.md")
CONFIG, PREDICTIONS = "config.json", "predictions.parquet"  # files that identify an earlier record
COPIED = {"figures": ("*.png", "*.html"), "answers": ("*.png", "*.html")}


def keep_record(study: Path, record: Path, /) -> list[str]:
    """Write the record of a study into a folder, replacing an earlier one except for its plan; return a summary.

    Checkpoints, logs, PDFs and draws.parquet are left out, since `snakemake` can make them again.

    Args:
        study: folder of the finished study, such as results/workstation.
        record: folder to write.

    Raises:
        UserError: the study has not finished or is damaged, or the folder holds something other than a record.
    """
    for name in FINISHED:
        if not (study / name).is_file():
            raise UserError(f"{study / name} is missing; run the study to its end")
    check_place(study, record)
    config = read_records(study / RECORDS)["config"]
    for name in ("tables", *COPIED):
        shutil.rmtree(record / name, ignore_errors=True)
        (record / name).mkdir(parents=True)
    for path in sorted((study / "tables").glob("*.csv")) + [study / "tables" / "claims.json"]:
        keep_table(path, record / "tables")
    for folder, patterns in COPIED.items():
        for path in (path for pattern in patterns for path in (study / folder).glob(pattern)):
            shutil.copyfile(path, record / folder / path.name)
    findings = (study / "tables" / "findings.md").read_text(encoding="utf-8")
    (record / "findings.md").write_text(findings.replace("../figures/", "figures/"), encoding="utf-8")
    write_json(record / CONFIG, config)
    for path in (study / "corpora").glob("*/summary.json"):
        shutil.copyfile(path, record / f"corpus_{path.parent.name}.json")
    rows = keep_predictions(study, record / PREDICTIONS)
    size = sum(path.stat().st_size for path in record.rglob("*") if path.is_file())
    return [f"{record}: {size / 1e6:.1f} MB, {rows} predictions"]


def check_place(study: Path, record: Path) -> None:
    """Raise UserError unless a folder is absent, has no subfolder of a record, or is an earlier record."""
    inside = study.resolve() in (record.resolve(), *record.resolve().parents)
    known = all((record / name).is_file() for name in (CONFIG, PREDICTIONS))
    foreign = [name for name in ("tables", *COPIED) if (record / name).exists() and not known]
    if inside or foreign or (record.exists() and not record.is_dir()):
        what = "lies in the study" if inside else f"has {foreign[0]}/ and is no record" if foreign else "is a file"
        raise UserError(f"{record} {what}; name a new folder, or one that keep_record.py has written")


def keep_table(path: Path, folder: Path) -> None:
    """Copy a table, compressed if it is large; equal tables give equal bytes."""
    content = path.read_bytes()
    large = len(content) > PLAIN
    kept = gzip.compress(content, mtime=0) if large else content
    (folder / f"{path.name}{'.gz' * large}").write_bytes(kept)


def keep_predictions(study: Path, out: Path) -> int:
    """Write all test predictions with the strongest compression; return how many there are."""
    table = all_predictions(study)
    with atomic(out) as temporary:
        table.to_parquet(temporary, index=False, compression="zstd", compression_level=19, row_group_size=10**7)
    return len(table)


if __name__ == "__main__":
    run(keep_record)
