"""The table of a task as read by every later job; with few imports, because each job is a new process."""

import csv
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from clm.provenance.command import UserError

PARTS = ("train", "valid", "test")
COLUMNS = ("row", "smiles", "source_smiles", "scaffold", "identity")
TIME = "time"  # time of measurement, if the configuration names such a column
ID = "id"  # compound ids of the source, if the configuration names such a column


@dataclass(frozen=True)
class Task:
    """Molecules and labels of a task in source row order.

    Attributes:
        rows: int64 (n,), 0-based row of each molecule in the source table, ascending.
        smiles: canonical isomeric SMILES (the input of models); duplicates are kept.
        source_smiles: SMILES as in the source.
        scaffolds: Bemis-Murcko scaffold SMILES of the source SMILES; empty for acyclic molecules.
        labels: float64 (n, L) in original units; NaN where missing.
        names: the L label names.
        identities: identifiers that equal molecules share (`clm.chemistry.identity`); if empty, their SMILES.
        ids: of the user's compounds; empty if the configuration names no such column.
        times: dates or years; empty if the configuration names no such column.
    """

    rows: np.ndarray
    smiles: list[str]
    source_smiles: list[str]
    scaffolds: list[str]
    labels: np.ndarray
    names: list[str]
    identities: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)

    @property
    def same(self) -> list[str]:
        """Return the identifier of each molecule, which equal molecules share."""
        return self.identities or self.smiles

    @cached_property
    def groups(self) -> np.ndarray:
        """Cluster id of each molecule, int64 (n,), for grouped cross-validation and the clustered bootstrap.

        Molecules of one scaffold share a cluster. Acyclic molecules have no scaffold and are no more similar to each
        other than other molecules, so only equal ones share a cluster. Equal molecules have the scaffold of the first.
        """
        first: dict[str, str] = {}
        keys = [
            first.setdefault(same, scaffold) or f"acyclic {same}"
            for scaffold, same in zip(self.scaffolds, self.same, strict=True)
        ]
        numbers: dict[str, int] = {}
        return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)


def load_task(molecules_csv: Path, labels: list[str]) -> Task:
    """Read tasks/{task}/molecules.csv with the named label columns.

    Raises:
        UserError: a column is not in the file.
    """
    with Path(molecules_csv).open(newline="", encoding="utf-8") as handle:
        reader = csv.reader(handle)
        header = next(reader, [])
        absent = [name for name in (*COLUMNS, *labels) if name not in header]
        if absent:
            raise UserError(
                f"{molecules_csv} has no column {', '.join(absent)}; it has {', '.join(header)}; "
                "remove it and run snakemake again"
            )
        records = list(reader)
    place = {name: header.index(name) for name in header}
    values = [[float(record[place[name]] or "nan") for name in labels] for record in records]
    return Task(
        rows=np.array([int(record[place["row"]]) for record in records], dtype=np.int64),
        smiles=[record[place["smiles"]] for record in records],
        source_smiles=[record[place["source_smiles"]] for record in records],
        scaffolds=[record[place["scaffold"]] for record in records],
        labels=np.array(values, dtype=np.float64).reshape(len(records), len(labels)),
        names=list(labels),
        identities=[record[place["identity"]] for record in records],
        ids=[record[place[ID]] for record in records] if ID in place else [],
        times=[record[place[TIME]] for record in records] if TIME in place and TIME not in labels else [],
    )


def load_split(path: Path, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Read tasks/{task}/splits/{split}-{seed}.csv as positions (int64, ascending) in the order of `rows`.

    Raises:
        UserError: the split and the task do not hold the same rows.
    """
    with Path(path).open(newline="", encoding="utf-8") as handle:
        part_of = {int(record["row"]): record["part"] for record in csv.DictReader(handle)}
    if set(part_of) != set(rows.tolist()):
        raise UserError(f"{path} was made from another version of its task; remove it and run snakemake again")
    parts = np.array([part_of[row] for row in rows.tolist()])
    return {part: np.flatnonzero(parts == part) for part in PARTS}
