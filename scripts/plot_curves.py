"""Draw the loss around checkpoints: across sizes, and across the budgets of a trunk."""

from clm.plotting.command import figure_parser
from clm.plotting.curves import POINT_NUMBERS, WIDTH_NUMBERS, draw_curves
from clm.plotting.style import write_figure
from clm.plotting.tables import NAMES, read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "curves", "widths").parse_args(argv)
    curves = read_table(a.curves, NAMES, POINT_NUMBERS)
    widths = read_table(a.widths, (*NAMES, "status"), WIDTH_NUMBERS)
    write_figure(lambda: draw_curves(curves, widths), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
