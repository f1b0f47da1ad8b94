"""Draw our verdicts on gain beside those by the definitions of the review."""

from clm.plotting.command import figure_parser
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.plotting.thresholds import REVIEW_NUMBERS, REVIEW_TEXT, draw_agreement
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "saturation").parse_args(argv)
    table = read_table(a.saturation, REVIEW_TEXT, REVIEW_NUMBERS)
    write_figure(lambda: draw_agreement(table, a.config["split"]), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
