"""Judge ladders of external models as a study judges its own checkpoints: gains, elasticity, headline, predictors."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from clm.provenance.command import run
from clm.provenance.files import read_json
from clm.statistics import elasticity, gains
from clm.statistics.headline import headline_rows
from clm.statistics.ladder_ranking import ranked
from clm.statistics.net_gain import NetPanel, Twins, net_panel, untrained_twins
from clm.statistics.predictors import Predictors
from clm.statistics.ranking import Settings
from clm.statistics.sensitivity import read_sensitivity, sensitivity_rows
from clm.tables.columns import PRIMARY
from clm.tables.frames import write_table
from clm.tables.ladders import known, ladder_draws, ladder_predictors, ladder_runs, ladder_scores, names_of, ranked_runs
from clm.tables.panels import MIN_SIGNAL, Panel, panels, study_runs
from clm.tasks.table import load_task

COLUMNS = ("ladder", "quantity", "axis", "predictor", "mode", "split", "features", "task", "metric")
COLUMNS += ("estimate", "lower", "upper", "p", "p_holm", "df", "raw", "raw_lower", "raw_upper", "n_cells", "n_trunks")
COLUMNS += ("n_tasks", "verdict", "reason", "p_bh", "partial_loss", "partial_lower", "partial_upper", "meaning")
NAMES = {"gain": "estimate", "slope": "estimate", "raw_gain": "raw", "raw_slope": "raw"}
# of the ranking: correlations are rank correlations, regrets are errors relative to a random choice
RANKED = {
    "correlation": {"spearman": "estimate"},
    "regret": {"against_random": "estimate", "against_random_lower": "lower", "against_random_upper": "upper"},
}


class Ladder(NamedTuple):
    """A ladder as the tables of a study."""

    name: str
    runs: pd.DataFrame
    scores: pd.DataFrame
    draws: pd.DataFrame
    twins: dict[tuple[str, ...], Twins]
    predictors: pd.DataFrame

    def panels(self, column: str) -> Iterator[tuple[Panel, Twins | None]]:
        """Yield the panels of the models with a known value in a column, with their untrained twins."""
        cells = study_runs(known(self.runs, column), [self.name])
        for panel in panels(self.scores, cells, self.draws) if len(cells) else ():
            yield panel, self.twins.get(tuple(panel.names.values()))


def tabulate_ladders(results: Path, losses: list[Path], settings: dict[str, Any], out: Path) -> None:
    """Write ladders.csv.

    Args:
        results: folder of the study.
        losses: JSON of each model whose loss was measured.
        settings: `ladders`, `tasks`, `kinds` of the tasks, `controls`, `aggregate`, `gain_margin`,
            `elasticity_margin`, `correlation_margin`, `min_trunks`, `bootstrap`, `seed`.
        out: per ladder, one row for each gain (axis and task), elasticity (task), headline (axis), correlation and
            regret (predictor and task).
    """
    measured = {(path.stem, path.parent.name): read_json(path)["loss_per_character"] for path in losses}
    clusters = {}
    for task in settings["tasks"]:
        table = load_task(results / "tasks" / task / "molecules.csv", [])
        clusters[task] = dict(zip(table.rows.tolist(), table.groups.tolist(), strict=True))
    rows: list[dict[str, Any]] = []
    for name, told in settings["ladders"].items():
        named = names_of(name, told)
        scores = ladder_scores(results, named, settings["tasks"])
        draws = ladder_draws(results, named, clusters, settings["kinds"], settings["bootstrap"])
        runs = ladder_runs(name, told, {model: measured.get((model, told["corpus"])) for model in told["models"]})
        predictors = ladder_predictors(results, named, settings["tasks"], runs)
        rows += judged(Ladder(name, runs, scores, draws, untrained_twins(scores, draws), predictors), settings)
    write_table(out, rows, COLUMNS)


def judged(ladder: Ladder, settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows of one ladder."""
    seen, fewest = sensitivity(ladder, settings["controls"]), settings["min_trunks"]
    for axis in gains.AXES:
        found = [gains.gain_row(panel, axis, fewest, twins) for panel, twins in ladder.panels(axis.column)]
        for row in gains.judge(found, settings["gain_margin"], seen):
            yield told(ladder.name, "gain", row)
    found = [
        {"corpus": ladder.name} | panel.names | elasticity.elasticity_row(panel, fewest, twins)
        for panel, twins in ladder.panels("loss")
    ]
    for row in elasticity.judge(found, settings["elasticity_margin"], seen):
        yield told(ladder.name, "elasticity", row)
    for row in headline(ladder, seen, settings):
        yield told(ladder.name, "headline", row)
    yield from ranking(ladder, seen, settings)


def sensitivity(ladder: Ladder, controls: Mapping[str, Any]) -> dict[tuple[str, str], bool]:
    """Return {(mode, split): whether the ladder gains on the control tasks of the study}."""
    made = [(panel, twins) for panel, twins in ladder.panels("tokens") if panel.names["features"] == PRIMARY]
    nets = {tuple(p.names.values()): net_panel(p, twins) for p, twins in made if p.names["task"] in controls}
    places = dict.fromkeys((panel.names["mode"], panel.names["split"]) for panel, _ in made)
    return read_sensitivity(pd.DataFrame(sensitivity_rows(list(places), nets, controls)))


def headline(
    ladder: Ladder, seen: Mapping[tuple[str, str], bool], settings: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the headline rows of the axes, each over the models with a known value."""
    columns = {axis.name: axis.column for axis in gains.AXES} | {"elasticity": "loss"}
    for axis, column in columns.items():
        nets = []
        for panel, twins in ladder.panels(column):
            if panel.signal >= MIN_SIGNAL:
                none = NetPanel(panel, Twins({}, {}, {}), dict.fromkeys(range(len(panel.cells)), "raw"))
                nets.append(net_panel(panel, twins) or none)
        yield from (row for row in headline_rows(nets, seen, settings) if row["axis"] == axis)


def ranking(
    ladder: Ladder, seen: Mapping[tuple[str, str], bool], settings: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of the predictors, over the models whose loss is known."""
    chosen = Settings(
        settings["bootstrap"],
        settings["seed"],
        settings["min_trunks"],
        settings["correlation_margin"],
        tuple(settings["aggregate"]),
    )
    cells = study_runs(ranked_runs(ladder.runs), [ladder.name])
    members = list(panels(ladder.scores, cells, ladder.draws)) if len(cells) else []
    for quantity, row in ranked(members, Predictors(ladder.predictors), chosen, seen):
        renamed = {new: row.get(name) for name, new in RANKED[quantity].items()}  # regrets of one task have no interval
        yield told(ladder.name, quantity, row | renamed)


def told(ladder: str, quantity: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of ladders.csv from one of the statistics."""
    return {"ladder": ladder, "quantity": quantity} | {NAMES.get(name, name): value for name, value in row.items()}


if __name__ == "__main__":
    run(tabulate_ladders)
