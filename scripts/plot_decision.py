"""Draw regret, rank correlation and cost of each predictor."""

from clm.plotting.command import figure_parser
from clm.plotting.decision import NUMBERS, TEXT, draw_decision
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "decision", "costs").parse_args(argv)
    table = read_table(a.decision, TEXT, NUMBERS)
    costs = read_table(a.costs, ("stage",), ("wall_seconds",))
    write_figure(lambda: draw_decision(table, costs), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
