"""Draw what is concluded over tasks with each task, family, mode and split left out."""

from clm.plotting.ablation import NUMBERS, TEXT, draw_ablation
from clm.plotting.command import figure_parser
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "ablation").parse_args(argv)
    table = read_table(a.ablation, TEXT, NUMBERS)
    write_figure(lambda: draw_ablation(table, a.config), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
