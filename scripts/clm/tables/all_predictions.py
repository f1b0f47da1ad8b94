"""The test predictions of all models of a study in one table, for resampling."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from clm.study.paths import FINE_TUNED, PROBED
from clm.tables.columns import PRIMARY, TRUNK_KEYS

DIGITS = 4  # significant digits of a prediction, more precise than any error
CELL = ("task", "mode", "baseline", *TRUNK_KEYS, "budget", "split", "split_seed", "finetune_seed", "features", "label")
COLUMNS = (*CELL, "row", "y", "prediction")
TEST_SET = ("task", "label", "split", "split_seed")  # grouping rows by test set makes the file a fifth smaller


def all_predictions(results: Path) -> pd.DataFrame:
    """Return a row of COLUMNS per model, split and test molecule; names are categories.

    Linear probes are kept only with the primary features. `row` is that of the molecule in
    tasks/<task>/molecules.csv, `y` its label; predictions have DIGITS digits (probabilities for classification).
    """
    parts = [*of_baselines(results), *of_encoders(results, PROBED), *of_encoders(results, FINE_TUNED)]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    table = pd.concat(parts, ignore_index=True).reindex(columns=list(COLUMNS))
    table["prediction"] = rounded(table["prediction"].to_numpy(float))
    table["y"], table["row"] = table["y"].astype(np.float32), table["row"].astype(np.int32)
    for name in CELL:
        seed = name.endswith("seed")
        table[name] = table[name].astype("Int16") if seed else table[name].astype(object).astype("category")
    return table.sort_values(
        [*TEST_SET, *(name for name in CELL if name not in TEST_SET)], kind="stable", ignore_index=True
    )


def of_baselines(results: Path) -> Iterator[pd.DataFrame]:
    """Yield the predictions of each baseline on each task."""
    for path in sorted((results / "transfer" / "baselines").glob("*/*.parquet")):
        yield pd.read_parquet(path).assign(mode="baseline", baseline=path.parent.name, task=path.stem)


def of_encoders(results: Path, below: str) -> Iterator[pd.DataFrame]:
    """Yield the predictions of encoders in one mode; the folders name the trunk."""
    folder = results / below
    for path in sorted(folder.rglob("*.parquet")):
        corpus, size, subset, seed = path.relative_to(folder).parts[:4]
        named = {"corpus": corpus, "size": size, "subset": subset, "seed": int(seed.removeprefix("seed"))}
        found = pd.read_parquet(path)
        yield found[found["features"] == PRIMARY].assign(mode=folder.name, task=path.stem, **named)


def rounded(values: np.ndarray) -> np.ndarray:
    """Return values (n,) with DIGITS significant digits, float32."""
    size = np.floor(np.log10(np.maximum(np.abs(values), np.finfo(np.float32).tiny)))
    scale = 10.0 ** (DIGITS - 1 - size)
    return (np.round(values * scale) / scale).astype(np.float32)
