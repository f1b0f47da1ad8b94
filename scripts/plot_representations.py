"""Draw how alike the representations of all checkpoints are: a map and a matrix of last budgets."""

from clm.plotting.command import figure_parser
from clm.plotting.representations import PAIR_NUMBERS, PAIR_TEXT, POINT_NUMBERS, POINT_TEXT, draw_representations
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "cka", "cka_map").parse_args(argv)
    pairs = read_table(a.cka, PAIR_TEXT, PAIR_NUMBERS)
    points = read_table(a.cka_map, POINT_TEXT, POINT_NUMBERS)
    write_figure(lambda: draw_representations(pairs, points), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
