"""External features: a table of embeddings by SMILES."""

import re
from pathlib import Path

import numpy as np

from clm.chemistry.reader.messages import listed, printable
from clm.chemistry.reader.tables import open_table
from clm.chemistry.smiles import without_name
from clm.provenance.command import UserError

# Names that pandas gives the index of a data frame
INDEX = re.compile(r"|Unnamed: \d+|__index_level_\d+__")


def table_features(smiles: list[str], path: Path, name: str) -> np.ndarray:
    """Return embeddings of molecules looked up by SMILES in a table, float64 (n, width).

    Args:
        smiles: canonical SMILES of the task.
        path: a table with a column `smiles` and numeric columns, or NPY (n, width) beside a text file of one
            SMILES per line (`x.npy` and `x.smi`).
        name: of the entry in the configuration, for messages.

    Raises:
        UserError: the file cannot be read, or lacks molecules of the task.
    """
    from clm.chemistry.identity import canonical_smiles

    keys, values = read_embeddings(path, name)
    places: dict[str, int] = {}
    for row, canonical in enumerate(map(canonical_smiles, keys)):
        first = row if canonical is None else places.setdefault(canonical, row)
        if first != row and not np.allclose(values[first], values[row]):
            raise UserError(
                f"external_embeddings.{name}: {path} has two unlike rows for {canonical} (numbers {first + 1} and "
                f"{row + 1}); remove one of them"
            )
    absent = [text for text in smiles if text not in places]
    if absent:
        raise UserError(
            f"external_embeddings.{name}: {path} lacks {len(absent)} of {len(smiles)} molecules of the task, the "
            f"first is {absent[0]}; add them or leave the task out"
        )
    return values[[places[text] for text in smiles]]


def read_embeddings(path: Path, name: str) -> tuple[list[str], np.ndarray]:
    """Return SMILES and their embeddings (n, width)."""
    try:
        if path.suffix == ".npy":
            lines = path.with_suffix(".smi").read_text(encoding="utf-8").split("\n")
            keys = [without_name(line.encode()).decode() for line in lines if line.strip()]
            values = np.load(path, allow_pickle=False).astype(np.float64)
        else:
            keys, values = read_columns(path)
        if values.ndim != 2 or len(values) != len(keys) or not np.isfinite(values).all():
            raise ValueError(f"{len(keys)} SMILES, numbers of shape {values.shape}, all must be finite")
    except (OSError, ValueError, TypeError, KeyError, EOFError, UserError) as error:
        reason = printable(" ".join(str(error).split()), 200)
        raise UserError(
            f"external_embeddings.{name}: {path} cannot be read ({reason}); needed: a table with a column `smiles` and "
            "numeric columns, or NPY with a .smi file beside it"
        ) from error
    return keys, values


def read_columns(path: Path) -> tuple[list[str], np.ndarray]:
    """Return the column `smiles` of a table and its other columns (n, width).

    Raises:
        ValueError: a row has the wrong number of fields, or a column has no name or that of another one.
    """
    keys, values = [], []
    with open_table(path, ["smiles"]) as table:
        if "smiles" not in table.names:
            raise ValueError(f"no column 'smiles' among {listed(table.names, 5)}")
        if index := [name for name in table.names if INDEX.fullmatch(name)]:
            raise ValueError(f"column {table.names.index(index[0]) + 1} has no name, as the index of a data frame")
        if repeated := [name for name in table.names if table.names.count(name) > 1]:
            raise ValueError(f"several columns are called {listed(dict.fromkeys(repeated), 5)}")
        for row in table.rows:
            if row.reason:
                raise ValueError(f"line {row.line}: {row.reason}")
            cells = dict(row.cells)
            keys.append(str(cells.pop("smiles")).strip())
            values.append(np.array(list(cells.values()), dtype=np.float64))
    return keys, np.array(values, dtype=np.float64)
