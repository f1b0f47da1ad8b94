"""Draw validation loss against parameters, tokens and compute, with the fitted laws."""

from clm.plotting.command import figure_parser
from clm.plotting.loss import FIT_NUMBERS, FIT_TEXT, NUMBERS, TEXT, draw_loss
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "runs", "fits").parse_args(argv)
    runs = read_table(a.runs, TEXT, NUMBERS)
    fits = read_table(a.fits, FIT_TEXT, FIT_NUMBERS)
    write_figure(lambda: draw_loss(runs, fits), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
