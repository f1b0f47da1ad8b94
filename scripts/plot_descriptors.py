"""Draw the gain from scale against each descriptor of the tasks."""

from clm.plotting import gains
from clm.plotting.command import figure_parser
from clm.plotting.descriptors import NUMBERS, TEXT, draw_descriptors
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "tasks", "saturation").parse_args(argv)
    tasks = read_table(a.tasks, TEXT, NUMBERS)
    saturation = read_table(a.saturation, gains.TEXT, gains.NUMBERS)
    write_figure(lambda: draw_descriptors(tasks, saturation, a.config["split"]), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
