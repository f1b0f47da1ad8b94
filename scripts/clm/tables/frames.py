"""Write tables with fixed columns, and read them with names as text."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from clm.provenance.files import write_csv
from clm.tables.columns import NAME_COLUMNS


def write_table(path: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write rows as CSV with exactly these columns; missing values and NaN are empty cells."""
    write_csv(path, pd.DataFrame(list(rows), columns=list(columns)))


def read_table(path: Path) -> pd.DataFrame:
    """Read a table; columns that hold names stay text ("0", "none"), an empty cell is missing, seeds are Int64."""
    names = dict.fromkeys(NAME_COLUMNS, "string[python]")
    frame = pd.read_csv(path, dtype=names, keep_default_na=False, na_values=[""])
    for column in frame.columns:
        if column in NAME_COLUMNS:
            frame[column] = frame[column].astype(object).where(frame[column].notna(), None)
    for column in ("seed", "split_seed", "finetune_seed"):
        if column in frame:
            frame[column] = frame[column].astype("Int64")
    return frame
