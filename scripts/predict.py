"""Predict new molecules with the method that a study recommends for a task, with honest intervals.

python scripts/predict.py results/default --task my_assay --molecules new.csv --out predictions.csv
"""

import argparse
import logging
from pathlib import Path

import pandas as pd
from clm.predict.fitted import FittedModel, fit_model
from clm.predict.folder import SETTINGS, load_fitted, save_fitted
from clm.predict.methods import choose_method, load_study_task
from clm.provenance.command import UserError, run
from clm.provenance.files import write_csv
from clm.tasks.queries import Queries, read_queries
from tqdm import tqdm

log = logging.getLogger(__name__)
CHUNK = 8192  # molecules at once; it bounds memory


def predict_table(model: FittedModel, queries: Queries) -> pd.DataFrame:
    """Return a row per row of the table: smiles, reason (of a rejected one), columns of `FittedModel.predict`."""
    usable, parts = queries.usable, []
    with tqdm(total=len(usable), unit="molecules", disable=None) as bar:
        for start in range(0, len(usable), CHUNK):
            rows = usable[start : start + CHUNK]
            parts.append(model.predict([queries.smiles[row] for row in rows]).set_axis(rows))
            bar.update(len(rows))
    told = pd.DataFrame({"smiles": queries.source_smiles, "reason": [reason or None for reason in queries.reasons]})
    return told.join(pd.concat(parts))


def model_of(a: argparse.Namespace) -> FittedModel:
    """Return the fitted model of the command line: one that was saved, or one fitted now.

    Raises:
        UserError: the task or method is missing, or the saved model is of another task.
    """
    if (a.folder / SETTINGS).is_file():
        model = load_fitted(a.folder)
        if a.task not in (None, model.settings["task"]):
            raise UserError(f"{a.folder}: fitted on task {model.settings['task']}, not on {a.task}")
        return model
    if a.task is None:
        raise UserError(f"{a.folder}: name a task of the study with --task, or the folder of a fitted model")
    study = load_study_task(a.folder, a.task, a.split)
    method = choose_method(a.folder, study, a.method)
    log.info("%s: %s, cross-validated error %.4g", a.task, method.name, method.score)
    return fit_model(method, study, a.part)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0], allow_abbrev=False)
    command.add_argument("folder", type=Path, help="of a finished study, or of a model that --save wrote")
    command.add_argument("--task", help="of the study")
    command.add_argument("--molecules", type=Path, required=True, help="table with a column of SMILES")
    command.add_argument("--smiles", help="name of that column; by default smiles, SMILES, Smiles or canonical_smiles")
    command.add_argument("--out", type=Path, required=True, help="CSV file of predictions")
    command.add_argument(
        "--method", help="instead of the recommended one: ecfp_forest, or corpus/size/subset/seed/budget"
    )
    command.add_argument("--part", choices=("all", "train"), default="all", help="labelled molecules to fit on")
    command.add_argument("--split", default="scaffold-0", help="whose training part chooses the method")
    command.add_argument("--save", type=Path, help="folder for the fitted model")
    a = command.parse_args(argv)
    queries = read_queries(a.molecules, a.smiles)
    model = model_of(a)
    table = predict_table(model, queries)
    if a.save:
        save_fitted(model, a.save)
    write_csv(a.out, table)
    rejected = len(queries.reasons) - len(queries.usable)
    log.info("%d molecules, %d rows rejected: %s", len(queries.usable), rejected, a.out)


if __name__ == "__main__":
    run(main)
