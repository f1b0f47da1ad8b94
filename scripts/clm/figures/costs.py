"""Wall time of each stage of the workflow."""

import pandas as pd
from matplotlib.figure import Figure

from clm.figures.palette import BLACK, GREY, PALE
from clm.figures.style import new_figure, no_data
from clm.wording.names import kind_of, mode_name

TEXT = ("stage", "job")
NUMBERS = ("wall_seconds", "cpu_seconds")
UNITS = ((3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))
TABLES = {"costs": (TEXT, NUMBERS)}


def draw(costs: pd.DataFrame) -> Figure:
    """Draw a bar per stage, longest first: wall time summed over its jobs; a tick marks CPU time.

    Args:
        costs: columns TEXT and NUMBERS of costs.csv.
    """
    jobs = costs["job"].str.split("/").str[-2]  # for a baseline: its name, then the task
    stages = [kind_of(stage, str(name)) for stage, name in zip(costs["stage"], jobs, strict=True)]
    costs = costs.assign(stage=pd.Series(stages, index=costs.index, dtype=object))
    totals = costs.groupby("stage")[list(NUMBERS)].sum()
    totals["jobs"] = costs.groupby("stage").size()
    totals = totals[totals["wall_seconds"] > 0].sort_values("wall_seconds", kind="stable")
    figure = new_figure(0.17 * max(len(totals), 6) + 0.6, width=5.2)
    axis = figure.subplots()
    if totals.empty:
        no_data(axis)
        return figure
    factor, unit = next((f, name) for f, name in UNITS if totals["wall_seconds"].max() >= f or f == 1.0)
    places = range(len(totals))
    axis.barh(places, totals["wall_seconds"] / factor, color=PALE, height=0.65)
    axis.plot(totals["cpu_seconds"] / factor, places, "|", color=BLACK, markersize=6, markeredgewidth=1.2)
    whole = totals["wall_seconds"].sum()
    for y, row in zip(places, totals.itertuples(), strict=True):
        jobs = f"{row.jobs} job" + ("s" if row.jobs != 1 else "")
        axis.annotate(f"{100 * row.wall_seconds / whole:.0f} %, {jobs}",
                      (max(row.wall_seconds, row.cpu_seconds) / factor, y), xytext=(5, 0),
                      textcoords="offset points", va="center", fontsize=5.5, color=GREY)  # fmt: skip
    axis.set_yticks(places, [mode_name(name).replace("_", " ") for name in totals.index])
    axis.tick_params(axis="y", length=0)
    axis.margins(x=0.2, y=0.02)
    axis.set_xlim(left=0)
    axis.set_xlabel(f"wall time summed over jobs ({unit}); black tick: CPU time; {whole / factor:.3g} {unit} in all")
    return figure
