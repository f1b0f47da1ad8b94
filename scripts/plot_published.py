"""Draw published scores beside ours."""

from clm.plotting.command import figure_parser
from clm.plotting.published import NUMBERS, TEXT, draw_published
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "published").parse_args(argv)
    scores = read_table(a.published, TEXT, NUMBERS)
    write_figure(lambda: draw_published(scores), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
