"""Draw from which size, number of tokens or of molecules on each task saturates or degrades."""

from clm.plotting.command import figure_parser
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.plotting.thresholds import NUMBERS, RUNS_NUMBERS, RUNS_TEXT, TEXT, draw_thresholds
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "thresholds", "runs").parse_args(argv)
    table, runs = read_table(a.thresholds, TEXT, NUMBERS), read_table(a.runs, RUNS_TEXT, RUNS_NUMBERS)
    shown = a.config["corpus"], a.config["split"]
    write_figure(lambda: draw_thresholds(table, runs, *shown), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
