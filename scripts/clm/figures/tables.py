"""Read tables for figures: only the named columns; missing values stay missing."""

from pathlib import Path

import pandas as pd

from clm.tables.columns import UNTRAINED


def read_table(path: Path, text: tuple[str, ...], numbers: tuple[str, ...]) -> pd.DataFrame:
    """Return the columns `text` (str, missing as "") and `numbers` (float64, missing as NaN) of a CSV file.

    A column that the table lacks has missing values; an empty file is a table without rows. Names are never converted:
    a size called 1e6 or a task called NA stays text.
    """
    try:
        found = pd.read_csv(path, dtype=str, keep_default_na=False)
    except pd.errors.EmptyDataError:
        found = pd.DataFrame()
    columns: dict[str, pd.Series] = {}
    for name in text:
        columns[name] = found[name].astype(str) if name in found else pd.Series("", index=found.index, dtype=str)
        if name.endswith("seed"):  # whole numbers become 0.0 in a column with missing cells
            columns[name] = columns[name].str.removesuffix(".0")
    for name in numbers:
        source = found[name] if name in found else pd.Series(index=found.index, dtype=float)
        columns[name] = pd.to_numeric(source, errors="coerce").astype(float)
    return pd.DataFrame(columns, columns=[*text, *numbers])


def by_size(runs: pd.DataFrame, column: str, value: str) -> list[str]:
    """Return the names of `column` in ascending order of a quantity, for example sizes by parameters."""
    known = runs[runs[column] != ""]
    return known.groupby(column)[value].median().sort_values(kind="stable").index.tolist()


def main_corpus(runs: pd.DataFrame) -> str:
    """Return the corpus with most rows (the first in the table at a tie), or "" for an empty table."""
    trained = runs[runs["corpus"] != UNTRAINED]
    return str(trained["corpus"].value_counts(sort=True).index[0]) if len(trained) else ""


def in_order(names: pd.Series) -> list[str]:
    """Return the distinct non-empty names in the order of their first appearance."""
    return [name for name in dict.fromkeys(names.tolist()) if name]
