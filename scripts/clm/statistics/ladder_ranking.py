"""Rank correlation and regret of predictors for the models of a ladder, as for checkpoints."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clm.statistics.choices import regret_rows
from clm.statistics.predictors import Predictors
from clm.statistics.ranking import Ranking, Settings, correlate
from clm.tables.panels import Panel


def ranked(
    panels: Sequence[Panel], known: Predictors, settings: Settings, sensitive: Mapping[tuple[str, str], bool]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield ("correlation" or "regret", row) of each predictor, per task and over the tasks that count.

    Args:
        panels: of one ladder, with the models of known loss, since a predictor is judged by what it adds to the loss.
        known: numbers that may predict scores.
        settings: as for the checkpoints of a study.
        sensitive: {(mode, split): whether the ladder gains on the control task}.
    """
    families: dict[tuple[str, str, str], list[Panel]] = {}
    for panel in panels:
        families.setdefault(tuple(panel.names[name] for name in ("mode", "split", "features")), []).append(panel)
    for (mode, split, features), members in families.items():
        names = {"mode": mode, "split": split, "features": features}
        rows, links = correlate(members, known, Ranking(settings), sensitive.get((mode, split), False))
        yield from (("correlation", names | row) for row in rows)
        yield from (("regret", names | row) for row in regret_rows(members, known, links, settings))
