"""Draw the gain per doubling on control tasks, as scored and against the truth, and the share of label noise."""

from clm.plotting.command import figure_parser
from clm.plotting.controls import NUMBERS, TEXT, draw_controls
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "controls").parse_args(argv)
    controls = read_table(a.controls, TEXT, NUMBERS)
    write_figure(lambda: draw_controls(controls, a.config["split"]), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
