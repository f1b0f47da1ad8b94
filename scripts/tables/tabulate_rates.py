"""Tabulate the check of pretraining learning rates: validation loss at multiples of each size's rate.

At a size's own rate the check repeats a training of the study (in one process, without compiled layers), so the two
losses show how repeatable a training is.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.tables.frames import write_table

COLUMNS = ("size", "corpus", "budget_tokens", "factor", "learning_rate", "loss", "status")
COLUMNS += ("trained_again", "difference")


def tabulate_rates(sweeps: list[Path], checkpoints: list[Path], out: Path) -> None:
    """Write one row per size and rate; a diverged run has no loss.

    Args:
        sweeps: the JSON of each size.
        checkpoints: metrics.json of the study's checkpoints of the same corpus, subset, seed and budget.
        out: the table; `trained_again` is the loss of the checkpoint with the same training, if there is one, and
            `difference` its difference from `loss`, in nats: 0 if trainings are bit-identical.
    """
    again = {metrics["size"]: metrics for metrics in map(read_json, checkpoints)}
    write_table(
        out,
        (
            sweep | rate | repeated(sweep, rate, again.get(sweep["size"], {}))
            for sweep in map(read_json, sweeps)
            for rate in sweep["rates"]
        ),
        COLUMNS,
    )


def repeated(sweep: Mapping[str, Any], rate: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the loss of the checkpoint with the same rate, and the difference; nothing if either diverged."""
    same = metrics.get("learning_rate") == rate["learning_rate"]
    if not same or metrics["status"] != "ok" or rate["status"] != "ok":
        return {}
    loss = metrics["validation"][sweep["corpus"]]["loss"]
    return {"trained_again": loss, "difference": loss - rate["loss"]}


if __name__ == "__main__":
    run(tabulate_rates)
