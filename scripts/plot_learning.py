"""Draw learning curves: error against the number of labels."""

from clm.plotting.command import figure_parser
from clm.plotting.learning import NUMBERS, TEXT, draw_learning
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "curves").parse_args(argv)
    curves = read_table(a.curves, TEXT, NUMBERS)
    write_figure(lambda: draw_learning(curves, a.config["units"]), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
