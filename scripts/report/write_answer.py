"""Write the page of one task for the owner of its data, and the predictions for each test molecule."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from clm.pages.answers import answer_page, applicability, quality
from clm.pages.data import quality_lines
from clm.predict.methods import StudyTask, load_study_task
from clm.predict.recommend import recommend
from clm.provenance.command import run
from clm.provenance.files import atomic, read_json, write_csv
from clm.statistics.answers import answer
from clm.study.grid import Baseline, Probe, Trunk
from clm.study.paths import baseline, linear_probe
from clm.tables.columns import UNTRAINED
from clm.tables.frames import read_table
from clm.tables.scores import best_cells, task_scores
from clm.tasks.fingerprints import ecfp_bits, hash_sample, nearest_similarity
from clm.tasks.stereo import stereo_counts
from clm.tasks.table import ID, Task
from clm.wording.names import corpus_name, scale_name
from clm.wording.recommendation import lowest_line, recommendation_lines

MOST = 500  # maximum number of test molecules whose nearest training molecule is found


def write_answer(
    results: Path, tables: list[Path], settings: dict[str, Any], figure: Path, out: Path, predictions: Path
) -> None:
    """Write page and predictions.

    Args:
        results: folder of the study.
        tables: runs.csv, transfer.csv, saturation.csv and learning_curves.csv.
        settings: `task`, `labels`, `units`, `corpus` and `subset` (the reference of distances), `baselines`, `split`
            (its name and seed) of the predictions.
        figure: PNG of the errors.
        out: HTML page.
        predictions: CSV, one row per label and test molecule, one column per model.
    """
    frame = {path.stem: read_table(path) for path in tables}
    name, folder = settings["task"], results / "tasks" / settings["task"]
    study = load_study_task(results, name, "-".join(map(str, settings["split"])))
    task = study.task
    distance = read_json(folder / "distance" / f"{settings['corpus']}-{settings['subset']}.json")
    where = f"{corpus_name(settings['corpus'])} ({scale_name(settings['subset'])} molecules)"
    summary, descriptors = (read_json(folder / f"{name}.json") for name in ("summary", "descriptors"))
    scores = task_scores(frame["transfer"], frame["runs"], settings["corpus"], name)
    write_csv(predictions, predicted(results, frame["runs"], task, settings))
    metric = "auc" if study.kind == "classification" else "rmse"
    told = {
        "about": f"Labels: {', '.join(settings['labels'][:10])} ({settings['units'] or 'no units given'}).",
        "answer": recommendation_lines(recommend(results, study, frame["transfer"]), metric, settings["units"]),
        "lowest": lowest_line(scores, settings["split"][0]),
        "split": f"{settings['split'][0]} split",
        "figure": figure,
        "findings": answer(name, frame["saturation"], frame["learning_curves"]),
        "applicability": applicability(distance, where, similarity(study)),
        "quality": quality_lines(summary),
        "data": quality(summary, stereo_counts(task.smiles), descriptors, distance, where),
        "scores": scores,
        "curves": frame["learning_curves"][frame["learning_curves"]["task"] == name],
        "results": f"results/{results.name}",
        "predictions": predictions.name,
    }
    with atomic(out) as temporary:
        temporary.write_text(answer_page(name, told), encoding="utf-8")


def similarity(study: StudyTask) -> float | None:
    """Return the median similarity of at most 500 test molecules to their nearest training molecule, None if empty."""
    train, test = ([study.task.smiles[row] for row in study.parts[part]] for part in ("train", "test"))
    if not train or not test:
        return None
    queries = [test[i] for i in hash_sample(test, MOST)]
    return float(np.median(nearest_similarity(ecfp_bits(queries), ecfp_bits(train))))


def predicted(results: Path, runs: pd.DataFrame, task: Task, settings: dict[str, Any]) -> pd.DataFrame:
    """Return row, id (where the task has ids), smiles, label, y and the prediction of each size and baseline."""
    columns = {}
    for cell in best_cells(runs, settings["corpus"]).to_dict("records"):
        trunk = Trunk(cell["corpus"], cell["size"], cell["subset"], int(cell["seed"]))
        name = f"{cell['size']}{' untrained' if cell['corpus'] == UNTRAINED else ''}"
        path = linear_probe(results, Probe(trunk, settings["task"])).with_suffix(".parquet")
        columns[name] = column(path, settings["split"], cell["budget"])
    for name in settings["baselines"]:
        path = baseline(results, Baseline(name, settings["task"])).with_suffix(".parquet")
        columns[name] = column(path, settings["split"], None)
    found = pd.DataFrame(columns).reset_index()
    found.insert(1, "smiles", found["row"].map(dict(zip(task.rows, task.smiles, strict=True))))
    if task.ids:
        found.insert(1, ID, found["row"].map(dict(zip(task.rows, task.ids, strict=True))))
    return found


def column(path: Path, split: list[Any], budget: str | None) -> pd.Series:
    """Return the predictions of one model on one split, by row, label and y; the mean over its seeds."""
    frame = pd.read_parquet(path, columns=["budget", "split", "split_seed", "label", "row", "y", "prediction"])
    chosen = (frame["split"] == split[0]) & (frame["split_seed"] == split[1])
    if budget is not None:
        chosen &= frame["budget"] == budget
    return frame[chosen].groupby(["row", "label", "y"])["prediction"].mean()


if __name__ == "__main__":
    run(write_answer)
