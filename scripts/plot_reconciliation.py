"""Draw what published studies saw, recomputed inside their own windows."""

from clm.plotting.command import figure_parser
from clm.plotting.reconciliation import NUMBERS, TEXT, draw_reconciliation
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "reconciliation").parse_args(argv)
    table = read_table(a.reconciliation, TEXT, NUMBERS)
    write_figure(lambda: draw_reconciliation(table, a.config["split"]), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
