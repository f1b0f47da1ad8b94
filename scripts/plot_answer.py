"""Draw the errors of every size and baseline on one task with their intervals."""

from clm.plotting.command import figure_parser
from clm.plotting.errors import draw_errors
from clm.plotting.style import write_figure
from clm.provenance.command import run
from clm.tables.frames import read_table
from clm.tables.scores import task_scores


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "transfer", "runs").parse_args(argv)
    scores = task_scores(read_table(a.transfer), read_table(a.runs), a.config["corpus"], a.config["task"])
    write_figure(lambda: draw_errors(scores, a.config["units"]), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
