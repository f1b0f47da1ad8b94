"""Draw where the time went: wall and CPU time of each stage."""

from clm.plotting.command import figure_parser
from clm.plotting.costs import NUMBERS, TEXT, draw_costs
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "costs").parse_args(argv)
    costs = read_table(a.costs, TEXT, NUMBERS)
    write_figure(lambda: draw_costs(costs), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
