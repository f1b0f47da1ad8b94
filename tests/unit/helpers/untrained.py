"""Untrained encoders that are all alike, so that a net gain is the raw one; and a study that sees everywhere."""

import pandas as pd
from clm.statistics.net_gain import Twins


class Everywhere(dict):
    """Sensitive in every mode and split."""

    def get(self, key, default=None):
        return True


SENSITIVE = Everywhere()


def flat_twins(cells, seeds=3):
    """Three initializations of every size with a log error of 0 on every split seed."""
    sizes = cells["size"].unique()
    return Twins({size: pd.DataFrame(0.0, index=range(3), columns=range(seeds)) for size in sizes}, {}, {})
