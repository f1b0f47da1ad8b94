"""Rows of runs.csv: one per checkpoint, including untrained encoders."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from clm.provenance.files import read_json
from clm.study.grid import Checkpoint
from clm.study.paths import checkpoint
from clm.tables.cells import identity
from clm.tables.columns import KEYS, UNTRAINED
from clm.tables.frames import write_table
from clm.tables.predictors import CLASSES

VISITS = ("visits_least", "visits_mean", "visits_most")  # over the molecules of the subset, in trunk and decay
NUMBERS = ("tokens", "molecules", "subset_tokens", "epochs", *VISITS, "flops", "flops_6nd", "learning_rate")


def write_runs(results: Path, cells: Iterable[Checkpoint], corpora: list[str], out: Path) -> None:
    """Write a table of checkpoints.

    Args:
        results: folder of the study.
        cells: its rows.
        corpora: corpora on whose validation molecules they were measured; each gives a column of losses.
        out: the table.
    """
    columns = [*KEYS, "status", "parameters", "parameters_total", *NUMBERS, "loss"]
    columns += [f"loss_{name}" for name in (*corpora, *CLASSES)]
    rows = [row_of(read_json(checkpoint(results, cell) / "metrics.json"), cell, corpora) for cell in cells]
    write_table(out, rows, columns)


def row_of(metrics: dict[str, Any], cell: Checkpoint, corpora: list[str]) -> dict[str, Any]:
    """Return the row of a checkpoint; `loss` is on its own corpus, that of an untrained encoder on the first corpus."""
    own = corpora[0] if cell.trunk.corpus == UNTRAINED else cell.trunk.corpus
    validation = metrics.get("validation") or {}
    losses = {name: (validation.get(name) or {}).get("loss") for name in corpora}
    classes = (validation.get(own) or {}).get("by_class") or {}
    parameters = metrics.get("parameters") or {}
    return (
        identity(cell)
        | {"status": metrics["status"], "loss": losses.get(own)}
        | {"parameters": parameters.get("non_embedding"), "parameters_total": parameters.get("total")}
        | {name: metrics.get(name) for name in NUMBERS}
        | {f"loss_{name}": value for name, value in losses.items()}
        | {f"loss_{name}": (classes.get(name) or {}).get("loss") for name in CLASSES}
    )
