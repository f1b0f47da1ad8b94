"""The cells used in a fit of pretraining loss, and whether they can show a floor."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from clm.statistics.gains import AXES
from clm.tables.columns import SCALES

DISTINCT, DECADES = 5, 1.5  # distinct values and decades of each input required to fit a floor
SAME = 0.02  # decades within which two values count as equal (token counts differ by less than a batch)
SPARE = 3  # trunks in excess of the number of parameters required for an interval


@dataclass(frozen=True)
class Curve:
    """The cells used in one fit.

    Attributes:
        axis: N, D, U, C or ND.
        inputs: columns of runs.csv.
        cells: rows of runs.csv with `trunk`.
        held: column whose largest values are held out to compare forms.
    """

    axis: str
    inputs: tuple[str, ...]
    cells: pd.DataFrame
    held: str

    @property
    def x(self) -> np.ndarray:
        """Inputs, float64 (n, k)."""
        return self.cells[list(self.inputs)].to_numpy(dtype=float)

    @property
    def loss(self) -> np.ndarray:
        """Validation loss, float64 (n,), nats per masked token."""
        return self.cells["loss"].to_numpy(dtype=float)


def levels(x: np.ndarray) -> np.ndarray:
    """Return the index of the distinct value that each x belongs to, int64 (n,), ascending."""
    order = np.argsort(x, kind="stable")
    steps = np.diff(np.log10(x[order]), prepend=np.log10(x[order][0])) > SAME
    level = np.empty(len(x), dtype=np.int64)
    level[order] = np.cumsum(steps)
    return level


def identified(x: np.ndarray) -> bool:
    """Return whether every input, float64 (n, k), has enough distinct values over enough decades for a floor."""
    spans = np.ptp(np.log10(x), axis=0)
    counts = [levels(column).max() + 1 for column in x.T]
    return bool(min(counts) >= DISTINCT and spans.min() >= DECADES)


def envelope(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the checkpoints for which no other has a lower loss at equal or less compute, by ascending compute."""
    ordered = cells.sort_values(["flops", "loss"], kind="stable")
    best_before = ordered["loss"].cummin().shift(fill_value=np.inf)
    return ordered[ordered["loss"] < best_before].reset_index(drop=True)


def curves(cells: pd.DataFrame) -> Iterator[Curve]:
    """Yield the cells of each fit with a floor: one curve per axis at the largest fixed values, envelope, N and D."""
    biggest = {name: cells.loc[cells[column].idxmax(), name] for name, column in SCALES.items()}
    for axis in AXES[:3]:
        along = {"N": "size", "D": "budget", "U": "subset"}[axis.name]
        others = [name for name in SCALES if name != along]
        kept = cells[np.logical_and.reduce([cells[name] == biggest[name] for name in others])]
        yield Curve(axis.name, (axis.column,), kept.reset_index(drop=True), axis.column)
    yield Curve("C", ("flops",), envelope(cells), "flops")
    once = cells[cells["epochs"] <= 1].reset_index(drop=True)
    yield Curve("ND", ("parameters", "tokens"), once, "flops")
