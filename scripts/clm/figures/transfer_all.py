"""Downstream error against pretraining loss for every task, for the supplement."""

import sys

import pandas as pd
from matplotlib.figure import Figure

from clm.figures import transfer

read = transfer.read


def draw(scores: pd.DataFrame, runs: pd.DataFrame, tasks: pd.DataFrame, split: str) -> Figure:
    """Draw a panel per task; arguments as in `clm.figures.transfer.draw`."""
    return transfer.draw(scores, runs, tasks, split, most=sys.maxsize)
