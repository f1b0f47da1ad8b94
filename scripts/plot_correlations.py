"""Draw the rank correlations of each predictor with the score of each task."""

from clm.plotting.command import figure_parser
from clm.plotting.correlations import NUMBERS, TEXT, draw_correlations
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "correlations").parse_args(argv)
    correlations = read_table(a.correlations, TEXT, NUMBERS)
    write_figure(lambda: draw_correlations(correlations, a.config["split"]), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
