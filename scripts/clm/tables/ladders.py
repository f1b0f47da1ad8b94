"""The scores of a ladder of external models in the form of a study's tables, so that all its statistics apply."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clm.provenance.files import read_json
from clm.study.grid import Baseline
from clm.study.ladders import key_of, twins_of
from clm.study.paths import baseline
from clm.tables.columns import KEYS, LINEAR_PROBE, NO_BUDGET, NO_SUBSET, UNTRAINED
from clm.tables.predictors import predictor_columns
from clm.tasks.draws import SPLIT, log_error_draws

Names = dict[str, dict[str, Any]]
PREDICTORS = (*KEYS, "task", "split", "split_seed", "label", "name", "value")


def names_of(name: str, ladder: Mapping[str, Any]) -> Names:
    """Return {external model: the five columns that identify it as if it were a checkpoint of a study}.

    Args:
        name: of the ladder, used in place of a corpus.
        ladder: its entry in the configuration.
    """
    named = {model: {"corpus": name} | key_of(model, entry) for model, entry in ladder["models"].items()}
    for size, twins in twins_of(ladder).items():
        for seed, twin in enumerate(twins):
            key = dict(zip(KEYS, (UNTRAINED, size, NO_SUBSET, seed, NO_BUDGET), strict=True))
            named[twin] = key
    return named


def ladder_runs(name: str, ladder: Mapping[str, Any], losses: Mapping[str, float | None]) -> pd.DataFrame:
    """Return the models of a ladder as rows of runs.csv; unknown values are NaN.

    Operations are 6 N D if they are not given.

    Args:
        name: of the ladder.
        ladder: its entry in the configuration.
        losses: {external model: measured loss}, for models whose loss is not given.
    """
    rows, named = [], names_of(name, ladder)
    for model, entry in ladder["models"].items():
        told = {key: entry.get(key) for key in ("parameters", "tokens", "molecules", "flops")}
        if told["flops"] is None and told["parameters"] and told["tokens"]:
            told["flops"] = 6 * told["parameters"] * told["tokens"]
        loss = entry.get("loss", losses.get(model))
        rows.append(named[model] | {"model": model, "status": "ok", **told, "loss": loss})
    numbers = ["parameters", "tokens", "molecules", "flops", "loss"]
    frame = pd.DataFrame(rows)
    return frame.assign(**{column: frame[column].astype(float) for column in numbers})


def ladder_scores(results: Path, named: Names, tasks: list[str]) -> pd.DataFrame:
    """Return the scores of external models as rows of transfer.csv."""
    rows = []
    for name, key in named.items():
        for task in tasks:
            found = read_json(baseline(results, Baseline(name, task)))["cells"]
            rows += [cell | key | {"mode": LINEAR_PROBE, "task": task} for cell in found]
    return pd.DataFrame(rows)


def ladder_predictors(results: Path, named: Names, tasks: list[str], runs: pd.DataFrame) -> pd.DataFrame:
    """Return the predictors of the scores of a ladder, in the columns of predictors.csv.

    Args:
        results: folder of the study.
        named: of `names_of`.
        tasks: tasks with scores.
        runs: of `ladder_runs`.
    """
    columns = predictor_columns("runs", runs.columns)
    alone = runs.melt(id_vars=list(KEYS), value_vars=columns, var_name="name", value_name="value")
    rows = [
        item | key | {"task": task}
        for name, key in named.items()
        for task in tasks
        for item in read_json(baseline(results, Baseline(name, task)))["predictors"]
    ]
    return pd.concat([alone, pd.DataFrame(rows)]).reindex(columns=list(PREDICTORS)).dropna(subset="value")


def ladder_draws(
    results: Path, named: Names, groups: Mapping[str, dict[int, int]], kinds: Mapping[str, str], count: int
) -> pd.DataFrame:
    """Return the log errors of external models on drawn test sets as rows of draws.parquet.

    Args:
        results: folder of the study.
        named: of `names_of`.
        groups: {task: {row of its table: scaffold cluster}}.
        kinds: {task: regression or classification}.
        count: number of draws.
    """
    rows = list(drawn(results, named, groups, kinds, count))
    return pd.DataFrame(rows, columns=["mode", *KEYS, "task", "split", "features", "log_error", "half_error"])


def drawn(
    results: Path, named: Names, groups: Mapping[str, dict[int, int]], kinds: Mapping[str, str], count: int
) -> Iterator[dict[str, Any]]:
    """Yield the rows of `ladder_draws`."""
    for name, key in named.items():
        for task, clusters in groups.items():
            path = baseline(results, Baseline(name, task)).with_suffix(".parquet")
            for (_, features), values in log_error_draws(path, clusters, kinds[task], count).items():
                yield {"mode": LINEAR_PROBE, **key, "task": task, "split": SPLIT, "features": features, **values}


def known(runs: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the models with a known value in a column; models with an unknown loss are kept unless it is the loss."""
    kept = runs[np.isfinite(runs[column]) & (runs[column] > 0)]
    return kept if column == "loss" else kept.assign(loss=kept["loss"].fillna(1.0))


def ranked_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the models whose loss is known; other unknown numbers count as equal and smallest."""
    kept = known(runs, "loss")
    return kept.assign(**{name: kept[name].fillna(1.0) for name in ("parameters", "tokens", "molecules", "flops")})
