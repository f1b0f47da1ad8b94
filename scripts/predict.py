"""Predict new molecules with the method that a study recommends for a task, with conformal intervals.

python scripts/predict.py results/default --task my_assay --molecules new.csv --out predictions.csv
"""

import logging
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from clm.predict.fitted import FittedModel, fit_model
from clm.predict.folder import SETTINGS, load_fitted, save_fitted
from clm.predict.methods import choose_method, load_study_task
from clm.predict.queries import read_molecules
from clm.predict.recommend import recommended_method
from clm.predict.targets import check_file, check_model_folder
from clm.provenance.command import UserError, run
from clm.provenance.files import write_csv
from clm.tasks.queries import Queries
from clm.tasks.table import ID
from tqdm import tqdm

log = logging.getLogger(__name__)
CHUNK = 8192  # molecules at once, to limit memory
SPLIT = "scaffold-0"


def predict_table(model: FittedModel, queries: Queries) -> pd.DataFrame:
    """Return a row per row of the table: id, smiles, reason (if rejected), columns of `FittedModel.predict`."""
    usable, parts = queries.usable, []
    with tqdm(total=len(usable), unit="molecules", disable=None) as bar:
        for start in range(0, len(usable), CHUNK):
            rows = usable[start : start + CHUNK]
            parts.append(model.predict([queries.smiles[row] for row in rows]).set_axis(rows))
            bar.update(len(rows))
    told = pd.DataFrame({"smiles": queries.source_smiles, "reason": [reason or None for reason in queries.reasons]})
    if queries.ids:
        told.insert(0, ID, queries.ids)
    return told.join(pd.concat(parts))


def predict(
    folder: Path,
    /,
    molecules: Path,
    out: Path,
    task: str | None = None,
    smiles: str | None = None,
    ids: str | None = None,
    method: str | None = None,
    part: Literal["all", "train"] = "all",
    split: str = SPLIT,
    save: Path | None = None,
) -> None:
    """Predict new molecules with the method that a study recommends for a task, or with a saved model.

    Args:
        folder: of a finished study, or of a model that `save` wrote.
        molecules: table with a column of SMILES.
        out: CSV file of predictions, a row per row of the table.
        task: of the study.
        smiles: name of the column; by default smiles, SMILES, Smiles or canonical_smiles, the structure of an SDF, or
            the first column of a .smi file. In a table without header, its position from 0.
        ids: name of a column of compound ids, which becomes the column `id` of the predictions; by default `id`.
        method: instead of the recommended one: a baseline other than a graph network, a checkpoint as
            corpus/size/subset/seed/budget, or a checkpoint that the study fine-tuned, with the prefix fine_tuned/.
        part: labelled molecules to fit on.
        split: split whose training part is used to choose the method.
        save: folder for the fitted model.

    Raises:
        UserError: molecules, task, method or saved model cannot be used, or files cannot be written.
    """
    check_file("--out", out, molecules)
    if save:
        check_model_folder(save)
    chosen = {"--method": (method, None), "--part": (part, "all"), "--split": (split, SPLIT)}
    needless = [option for option, (value, usual) in chosen.items() if value != usual]
    queries = read_molecules(molecules, smiles, ids)
    saved = (folder / SETTINGS).is_file()
    model = saved_model(folder, task, needless) if saved else fitted(folder, task, method, part, split)
    table = predict_table(model, queries)
    if save:
        save_fitted(model, save)
    write_csv(out, table)
    log.info("%d molecules, %d rows rejected: %s", len(queries.usable), len(table) - len(queries.usable), out)


def saved_model(folder: Path, task: str | None, needless: list[str]) -> FittedModel:
    """Return a saved model; a given `task` must be its own. `needless` are the given options that choose a method."""
    if needless:
        raise UserError(f"{folder}: is a fitted model, whose method is chosen; leave {', '.join(needless)} out")
    model = load_fitted(folder)
    if task not in (None, model.settings["task"]):
        raise UserError(f"{folder}: fitted on task {model.settings['task']}, not on {task}; leave --task out")
    return model


def fitted(results: Path, task: str | None, method: str | None, part: str, split: str) -> FittedModel:
    """Return a method of a study, fitted again; arguments as for `predict`."""
    if task is None:
        raise UserError(f"{results}: name a task of the study with --task, or the folder of a fitted model")
    study = load_study_task(results, task, split)
    chosen = choose_method(results, study, method) if method else recommended_method(results, study)
    score = f", cross-validated error {chosen.score:.4g}" if np.isfinite(chosen.score) else ""
    log.info("%s: %s%s", task, chosen.name, score)
    return fit_model(chosen, study, part)


if __name__ == "__main__":
    run(predict)
