"""Draw downstream error against pretraining loss, a panel per task."""

from clm.plotting.command import figure_parser
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.plotting.transfer import NUMBERS, TASK_TEXT, TEXT, draw_transfer, read_runs
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "transfer", "runs", "tasks").parse_args(argv)
    transfer = read_table(a.transfer, TEXT, NUMBERS)
    runs = read_runs(a.runs)
    tasks = read_table(a.tasks, TASK_TEXT, ())
    write_figure(lambda: draw_transfer(transfer, runs, tasks, a.config["split"]), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
