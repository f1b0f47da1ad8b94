"""Findings of published studies recomputed within their own windows: loss and error, inner layers, equal loss."""

from collections.abc import Iterable, Mapping
from typing import Any

from clm.statistics.isoloss import isoloss_row, layer_rows, pooled_rows
from clm.statistics.net_gain import Twins
from clm.statistics.windows import window_rows
from clm.tables.columns import LAYER_FEATURES, PRIMARY
from clm.tables.panels import Panel

COLUMNS = ("question", "paper", "mode", "split", "task", "contrast", "estimate", "lower", "upper", "p", "expected")
COLUMNS += ("raw_estimate", "expected_lower", "expected_upper", "ceiling", "loss_ratio", "n_cells", "n_trunks")
COLUMNS += ("published", "verdict")


def reconciliation_rows(
    panels: Iterable[Panel],
    twins: Mapping[tuple[str, ...], Twins],
    sensitive: Mapping[tuple[str, str], bool],
    settings: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Return the rows of reconciliation.csv.

    Args:
        panels: of one corpus; primary features and inner layers are used.
        twins: untrained encoders of `untrained_twins`.
        sensitive: {(mode, split): whether the study detects gains on the control task}.
        settings: `gain_margin`, `bootstrap`, `seed`, `min_trunks`, `aggregate` (tasks that count).
    """
    families: dict[tuple[str, str], dict[str, dict[str, Panel]]] = {}
    for panel in panels:
        if panel.names["features"] == PRIMARY or panel.names["features"].startswith(LAYER_FEATURES):
            tasks = families.setdefault((panel.names["mode"], panel.names["split"]), {})
            tasks.setdefault(panel.names["task"], {})[panel.names["features"]] = panel
    rows = []
    for (mode, split), tasks in families.items():
        seen = sensitive.get((mode, split), False)
        rows += [{"mode": mode, "split": split} | row for row in family_rows(tasks, twins, seen, settings)]
    return rows


def family_rows(
    tasks: dict[str, dict[str, Panel]],
    twins: Mapping[tuple[str, ...], Twins],
    sensitive: bool,
    settings: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Return all rows of one mode and split; tasks: {task: {read-out: panel}}."""
    aggregate, least = settings["aggregate"], settings["min_trunks"]
    drawn = (settings["bootstrap"], settings["seed"])
    members = [by_features[PRIMARY] for by_features in tasks.values() if PRIMARY in by_features]
    slopes = [row for by_features in tasks.values() for row in layer_rows(by_features, least)]
    known = [(panel, twins.get(tuple(panel.names.values()))) for panel in members]
    equal = [isoloss_row(panel, settings["gain_margin"], least, untrained, sensitive) for panel, untrained in known]
    slopes += [row for row in equal if row is not None]
    return window_rows(members, aggregate, *drawn, least) + slopes + pooled_rows(slopes, aggregate, *drawn)
