"""Predictors known before transfer, aligned with the checkpoints of a task."""

import numpy as np
import pandas as pd

from clm.tables.columns import FINE_TUNED, KEYS, MEAN_LABEL
from clm.tables.panels import Panel
from clm.tables.predictors import within_size

LOSS = "loss"
LABEL_FREE = "domain_loss"  # uses molecules of the task but no labels: a value from one split is valid for all
FINE_TUNED_ONLY = ("linear_probe",)  # in linear-probe mode it is the score itself


class Predictors:
    """The long table of predictors, looked up by task and checkpoint."""

    def __init__(self, table: pd.DataFrame) -> None:
        own = table["task"].isna()
        self.names = list(dict.fromkeys(table["name"]))
        self.everywhere = table[own].groupby([*KEYS, "name"])["value"].mean().unstack()
        self.by_task = {task: rows for task, rows in table[~own].groupby("task")}

    def values(self, panel: Panel) -> pd.DataFrame:
        """Return one column per predictor in the order of the panel's cells, NaN where unknown.

        Predictors of a task are means over seeds of the panel's split, or have no split. Predictors that use no labels
        are taken from another split if the panel's own has none.
        """
        keys = pd.MultiIndex.from_frame(panel.cells[list(KEYS)].astype({"seed": "Int64"}))
        table = self.everywhere.reindex(keys)
        rows = self.by_task.get(panel.names["task"])
        if rows is not None:
            own_split = rows["split"] == panel.names["split"]
            free = rows["name"].str.startswith(LABEL_FREE) & ~rows["name"].isin(rows.loc[own_split, "name"])
            fitting = rows["split"].isna() | own_split | free
            several = (rows["label"] == MEAN_LABEL).any()
            labelled = rows["label"].isna() | (rows["label"] == MEAN_LABEL) if several else True
            own = rows[fitting & labelled].groupby([*KEYS, "name"])["value"].mean().unstack()
            table = pd.concat([table, own.reindex(keys)], axis=1)
        kept = [
            name
            for name in self.names
            if name in table and (panel.names["mode"] == FINE_TUNED or name not in FINE_TUNED_ONLY)
        ]
        return table[kept].reset_index(drop=True)


def strata_of(name: str, cells: pd.DataFrame) -> np.ndarray:
    """Return the index of the stratum of each cell, within which a predictor may be compared."""
    if within_size(name):
        return cells.groupby("size", sort=False).ngroup().to_numpy()
    return np.zeros(len(cells), dtype=int)
