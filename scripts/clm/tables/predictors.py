"""Families of predictors of transfer, each declared once: its table, its requirements, the models it compares.

Predictors declared here with a table are added to predictors.csv, ranked with the others and judged by their regret.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from clm.tables.columns import LINEAR_PROBE
from clm.tokens import regex

CLASSES = tuple(name for name in regex.CLASSES if name != "special")  # token classes whose loss is reported separately

NOTHING = "nothing"
CORPUS = "held-out molecules of the corpus (pretraining measures it)"
MOLECULES = "molecules of the task, no labels"
LABELS = "training labels of the task"
HESSIAN = "second derivatives of the pretraining loss"
AROUND_WEIGHTS = "the pretraining loss around the weights"


@dataclass(frozen=True)
class Family:
    """Predictors with the same requirements.

    Attributes:
        names: regular expressions of their names, separated by blanks, in the order of predictors.csv.
        table: table that has them as columns; None if they are not a property of a checkpoint alone.
        needs: what is required to compute them.
        stage: stage in costs.csv whose job measures them; None if they are known before transfer.
        within_size: whether they are comparable only between models of one size: they grow with the number of
            parameters and change when weights are rescaled.
    """

    names: str
    table: str | None
    needs: str
    stage: str | None = None
    within_size: bool = False


FAMILIES = (
    Family(f"loss loss_({'|'.join(CLASSES)})", "runs", CORPUS),
    Family("parameters flops tokens molecules", "runs", NOTHING),
    Family("random largest_model", None, NOTHING),
    Family("domain_loss.*", None, MOLECULES, LINEAR_PROBE),
    Family("logme knn linear_probe rogi_xd", None, LABELS, LINEAR_PROBE),
    Family("gradient_norm trace trace_per_parameter", "curvature", HESSIAN, "curvature", within_size=True),
    Family(r"eigenvalue_\d most_negative encoder_trace", "curvature", HESSIAN, "curvature", within_size=True),
    Family("scale_aware_trace encoder_scale_aware_trace", "curvature", HESSIAN, "curvature"),
    Family(r"sharpness_\d+", "curvature", AROUND_WEIGHTS, "curvature"),
    # One job for all checkpoints, so there is no cost per checkpoint
    Family("effective_rank_fraction", "spectra", HESSIAN, "landscape", within_size=True),
    Family("landscape_width", "widths", AROUND_WEIGHTS, "landscape"),
)


@cache
def family_of(name: str) -> Family | None:
    """Return the family of a predictor, or None for one that is not declared."""
    return next((family for family in FAMILIES if any(re.fullmatch(one, name) for one in family.names.split())), None)


def within_size(name: str) -> bool:
    """Return whether a predictor may be compared between models of one size only."""
    family = family_of(name)
    return family is not None and family.within_size


def predictor_columns(table: str, columns: Iterable[str]) -> list[str]:
    """Return the columns of a table that are predictors, in the order of their declaration."""
    columns = list(columns)
    patterns = [pattern for family in FAMILIES if family.table == table for pattern in family.names.split()]
    return [name for pattern in patterns for name in columns if re.fullmatch(pattern, name)]
