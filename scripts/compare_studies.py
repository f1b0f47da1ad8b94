"""Compare finished studies that differ in tokenizer or objective: scores at equal tokens, and at equal loss.

Losses are compared only between studies with the same vocabulary: another vocabulary makes another task.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from clm.provenance.command import UserError, run
from clm.provenance.files import sha256_file
from clm.tables.columns import ENCODER_MODES, KEYS, PRIMARY, TRUNK_KEYS, UNTRAINED
from clm.tables.frames import write_table
from clm.tables.named import SCORES, named_table
from clm.tables.panels import primary_labels

NEEDED = ("tables/transfer.csv", "tables/runs.csv", "tokenizer/vocabulary.json")
TRUNK = list(TRUNK_KEYS)
CELL = ["mode", "task", "split", "split_seed", "finetune_seed"]
COLUMNS = (
    "study",
    "reference",
    "how",
    "mode",
    "task",
    "split",
    "error_ratio",
    "lowest",
    "highest",
    "n_pairs",
    "n_trunks",
)


def compare_studies(studies: list[Path], /, out: Path) -> None:
    """Write the ratios of the errors of each study to those of the first.

    Args:
        studies: folders results/<study>; the first is the reference.
        out: CSV of COLUMNS.
    """
    write_table(out, ratios(studies), COLUMNS)


def ratios(folders: list[Path]) -> list[dict[str, Any]]:
    """Return rows of COLUMNS: errors of each study divided by those of the first, for the same trunk, task and seeds.

    `error_ratio` is the geometric mean over pairs, below 1 if the study is better; lowest and highest are the extreme
    pairs. Equal tokens: the same budget, in tokens of each study's own vocabulary. Equal loss: the error of the first
    study is interpolated linearly to the other's loss, between log losses and log errors of the budgets of its trunk,
    and never extrapolated.

    Raises:
        UserError: fewer than two studies, or one that has not finished.
    """
    if len(folders) < 2:
        raise UserError("nothing to compare with; name at least two studies as results/<study>, the reference first")
    scores = [scores_of(folder) for folder in folders]
    words = [sha256_file(folder / "tokenizer" / "vocabulary.json") for folder in folders]
    rows = []
    for folder, own, vocabulary in zip(folders[1:], scores[1:], words[1:], strict=True):
        told = {"study": folder.name, "reference": folders[0].name}
        rows += [told | row for row in summarize("equal tokens", equal_tokens(scores[0], own))]
        if vocabulary == words[0]:
            rows += [told | row for row in summarize("equal loss", equal_loss(scores[0], own))]
    return rows


def scores_of(folder: Path) -> pd.DataFrame:
    """Return the defined errors of pretrained models, one label per task, with the loss of the checkpoint."""
    absent = [str(folder / name) for name in NEEDED if not (folder / name).is_file()]
    if absent:
        raise UserError(f"{', '.join(absent)}: not there; run this study first")
    transfer, runs = named_table(folder / NEEDED[0], SCORES), named_table(folder / NEEDED[1], [*KEYS, "status", "loss"])
    kept = transfer[transfer["mode"].isin(ENCODER_MODES) & (transfer["error"] > 0)].copy()
    kept["features"] = kept["features"].fillna(PRIMARY)
    kept["finetune_seed"] = kept["finetune_seed"].fillna(-1)  # frozen encoders have none
    kept = primary_labels(kept[kept["features"] == PRIMARY])
    known = runs[(runs["status"] == "ok") & (runs["corpus"] != UNTRAINED)]
    return kept[[*KEYS, *CELL, "error"]].merge(known[[*KEYS, "loss"]], on=list(KEYS))


def equal_tokens(reference: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Return pairs of the same cell and budget with `ratio`, the log of own error over the reference's."""
    pairs = own.merge(reference, on=[*KEYS, *CELL], suffixes=("", "_reference"))
    return pairs.assign(ratio=np.log(pairs["error"] / pairs["error_reference"]))


def equal_loss(reference: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """Return checkpoints whose loss lies within the losses of the reference's trunk, with `ratio` as above."""
    lines = dict(list(reference.sort_values("loss").groupby([*TRUNK, *CELL])))
    ratios = pd.Series(np.nan, index=own.index)
    for key, group in own.groupby([*TRUNK, *CELL]):
        if key in lines:
            log_loss, log_error = np.log(lines[key]["loss"]), np.log(lines[key]["error"])
            expected = np.interp(np.log(group["loss"]), log_loss, log_error, left=np.nan, right=np.nan)
            ratios.loc[group.index] = np.log(group["error"]) - expected
    return own.assign(ratio=ratios).dropna(subset="ratio")


def summarize(how: str, pairs: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one row per mode, task and split."""
    rows = []
    for names, group in pairs.groupby(["mode", "task", "split"], sort=False):
        ratio = group["ratio"]
        logs = {"error_ratio": ratio.mean(), "lowest": ratio.min(), "highest": ratio.max()}
        told = {"how": how} | dict(zip(("mode", "task", "split"), names, strict=True))
        told |= {name: float(np.exp(value)) for name, value in logs.items()}
        rows.append(told | {"n_pairs": len(group), "n_trunks": group.groupby(TRUNK).ngroups})
    return rows


if __name__ == "__main__":
    run(compare_studies)
