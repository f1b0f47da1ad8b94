"""Draw relative gain per doubling of each axis and transfer elasticity, a row per task."""

from clm.plotting.command import figure_parser
from clm.plotting.gains import ELASTICITY_NUMBERS, ELASTICITY_TEXT, NUMBERS, TEXT, draw_gains
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "saturation", "elasticity").parse_args(argv)
    saturation = read_table(a.saturation, TEXT, NUMBERS)
    elasticity = read_table(a.elasticity, ELASTICITY_TEXT, ELASTICITY_NUMBERS)
    write_figure(lambda: draw_gains(saturation, elasticity, a.config["split"]), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
