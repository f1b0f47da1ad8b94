"""The method to use for a task, chosen without the test part, with the test errors of it and of its rival."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from clm.predict.methods import Method, StudyTask, candidates, choose_method
from clm.study.paths import PROBED
from clm.tables.columns import BASELINE, FINE_TUNED, KEYS, LINEAR_PROBE, PRIMARY, UNTRAINED
from clm.tables.named import named_table
from clm.tables.panels import primary_labels
from clm.tasks.draws import log_error_draws
from clm.wording.names import baseline_name, corpus_name, scale_name

DRAWS = 1000
NEEDED = ("mode", "baseline", "task", "split", "split_seed", "features", "label")  # of transfer.csv


@dataclass(frozen=True)
class Scored:
    """A method with its error on the test part.

    Attributes:
        name: as scripts/predict.py accepts it.
        words: for readers.
        error, lower, upper: on the test part with its 95 % interval, NaN where unknown.
    """

    name: str
    words: str
    error: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Recommendation:
    """What to use for a task.

    Attributes:
        best: lowest cross-validated error inside the training part.
        rival: the best of the other kind, baseline or encoder; None if there is none.
        ratio: ratio of the rival's error to that of the best with its 95 % interval, on the same drawn test sets.
        trivial: error of predicting the mean, or of chance.
        n_test: number of test molecules.
        considered: methods in words with their cross-validated errors, lowest first; of the probes only the best.
        left_out: methods in words that have no such error.
    """

    best: Scored
    rival: Scored | None
    ratio: tuple[float, float, float] | None
    trivial: float
    n_test: int
    considered: tuple[tuple[str, float], ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def decided(self) -> bool:
        """Whether the interval of the ratio excludes 1."""
        return self.ratio is not None and not self.ratio[1] <= 1 <= self.ratio[2]


def recommend(results: Path, study: StudyTask, transfer: pd.DataFrame) -> Recommendation | None:
    """Return what to use for a task; None if a study has no method with a cross-validated error.

    Args:
        results: folder of the study.
        study: the task and the split whose training part is used to choose.
        transfer: transfer.csv.
    """
    rows = split_rows(study, transfer)
    found = known_methods(results, study, rows)
    if not found:
        return None
    best = found[0]
    rival = next((one for one in found if (one.checkpoint is None) != (best.checkpoint is None)), None)
    first = rows_of(best, rows).iloc[0]
    tested = [scored_method(one, rows) for one in (best, rival) if one is not None]
    ratio = None if rival is None else error_ratio(results, study, best, rival, tested)
    return Recommendation(
        tested[0],
        tested[1] if rival else None,
        ratio,
        float(first["trivial_error"]),
        int(np.nan_to_num(first["n_test"])),
        considered(found),
        left_out(found, rows),
    )


def recommended_method(results: Path, study: StudyTask) -> Method:
    """Return the method that the page of a task recommends; without tables, the best of all methods with files.

    Raises:
        UserError: the study has no model for the task, or a damaged table.
    """
    table = results / "tables" / "transfer.csv"
    rows = split_rows(study, named_table(table, NEEDED)) if table.is_file() else None
    found = [] if rows is None else known_methods(results, study, rows)
    return found[0] if found else choose_method(results, study)


def split_rows(study: StudyTask, transfer: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of transfer.csv of the task and the split of a study."""
    split, _, seed = study.split.rpartition("-")
    rows = primary_labels(transfer[(transfer["task"] == study.name) & (transfer["split"] == split)])
    return rows[rows["split_seed"].astype(str) == seed]


def known_methods(results: Path, study: StudyTask, rows: pd.DataFrame) -> list[Method]:
    """Return the methods that have rows in transfer.csv, lowest cross-validated error first.

    Files of a baseline that was removed from the configuration may still exist, and controls with shuffled tokens have
    their own tables: neither has rows.
    """
    known = (method for method in candidates(results, study) if len(rows_of(method, rows)))
    return sorted(known, key=lambda method: method.score)


def considered(found: list[Method]) -> tuple[tuple[str, float], ...]:
    """Return the methods in words with their cross-validated errors; one entry for all probes, which may be many."""
    probes = [method for method in found if method.checkpoint is not None]
    kept = [method for method in found if method.checkpoint is None or method is probes[0]]
    words = "a linear probe" if len(probes) == 1 else f"the best of {len(probes)} linear probes"
    return tuple((baseline_name(one.name) if one.checkpoint is None else words, one.score) for one in kept)


def left_out(found: list[Method], rows: pd.DataFrame) -> tuple[str, ...]:
    """Return, in words, the methods with test errors in `rows` of transfer.csv but without a cross-validated error."""
    names = rows.loc[rows["mode"] == BASELINE, "baseline"].drop_duplicates()
    others = [baseline_name(name) for name in names if name not in {method.name for method in found}]
    return (*others, *(["fine-tuned encoders"] if (rows["mode"] == FINE_TUNED).any() else []))


def rows_of(method: Method, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of transfer.csv that belong to a method."""
    if method.checkpoint is None:
        return rows[(rows["mode"] == BASELINE) & (rows["baseline"] == method.name)]
    own = rows[(rows["mode"] == LINEAR_PROBE) & (rows["features"] == PRIMARY)]
    for key, value in zip(KEYS, parts(method.name), strict=True):
        own = own[own[key].astype(str) == value]
    return own


def parts(name: str) -> list[str]:
    """Return corpus, size, subset, seed and budget of the name of a checkpoint."""
    corpus, size, subset, seed, budget = name.split("/")
    return [corpus, size, subset, seed.removeprefix("seed"), budget]


def in_words(method: Method) -> str:
    """Return a method in words."""
    if method.checkpoint is None:
        name = baseline_name(method.name)
        return f"the {name}" if method.name.startswith("ecfp_") else f'the baseline "{name}"'
    corpus, size, subset, seed, budget = parts(method.name)
    if corpus == UNTRAINED:
        return f"a linear probe of the untrained encoder of {scale_name(size)} parameters"
    told = (
        f"a linear probe of the encoder of {scale_name(size)} parameters, pretrained on {scale_name(subset)} molecules"
    )
    return f"{told} of {corpus_name(corpus)} for {scale_name(budget)} tokens" + (
        f" (seed {seed})" if seed != "0" else ""
    )


def scored_method(method: Method, rows: pd.DataFrame) -> Scored:
    """Return a method with its error on the test part."""
    own = rows_of(method, rows)[["error", "lower", "upper"]].astype(float).mean()
    return Scored(method.name, in_words(method), *(float(own[name]) for name in ("error", "lower", "upper")))


def error_ratio(
    results: Path, study: StudyTask, best: Method, rival: Method, tested: list[Scored]
) -> tuple[float, float, float] | None:
    """Return the ratio of the rival's error to that of the best, with the 95 % interval over drawn test scaffolds."""
    groups = dict(zip(study.task.rows.tolist(), study.task.groups.tolist(), strict=True))
    drawn = [drawn_errors(results, study, one, groups) for one in (best, rival)]
    known = all(one is not None and np.isfinite(one).any() for one in drawn)
    if not known or not all(one.error > 0 for one in tested):
        return None
    low, high = np.nanquantile(drawn[1] - drawn[0], [0.025, 0.975])
    return tested[1].error / tested[0].error, float(np.exp(low)), float(np.exp(high))


def drawn_errors(results: Path, study: StudyTask, method: Method, groups: Mapping[int, int]) -> np.ndarray | None:
    """Return log errors of a method on drawn test sets, float64 (DRAWS,); None where it has none."""
    if method.checkpoint is None:
        path, budget = results / "transfer/baselines" / method.name / f"{study.name}.parquet", None
    else:
        *trunk, budget = method.name.split("/")
        path = results / PROBED / "/".join(trunk) / f"{study.name}.parquet"
    found: dict[Any, dict[str, np.ndarray]] = log_error_draws(path, dict(groups), study.kind, DRAWS)
    chosen = [value["log_error"] for (name, features), value in found.items() if name == budget
             and (method.checkpoint is None or features == PRIMARY)]  # fmt: skip
    return chosen[0] if chosen else None
