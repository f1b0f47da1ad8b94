"""Draw the loss around checkpoints: across sizes, and across the budgets of a trunk."""

from clm.plotting.command import figure_parser
from clm.plotting.curves import POINT_NUMBERS, WIDTH_NUMBERS, draw_curves
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run
from clm.tables.columns import KEYS


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "curves", "widths").parse_args(argv)
    curves = read_table(a.curves, KEYS, POINT_NUMBERS)
    widths = read_table(a.widths, (*KEYS, "status"), WIDTH_NUMBERS)
    write_figure(lambda: draw_curves(curves, widths), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
