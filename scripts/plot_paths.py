"""Draw losses on straight lines between weights and the cosines of task vectors."""

from clm.plotting.command import figure_parser
from clm.plotting.paths import PATH_NUMBERS, PATH_TEXT, VECTOR_NUMBERS, VECTOR_TEXT, draw_paths
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    a = figure_parser(__doc__, "paths", "task_vectors").parse_args(argv)
    paths = read_table(a.paths, PATH_TEXT, PATH_NUMBERS)
    vectors = read_table(a.task_vectors, VECTOR_TEXT, VECTOR_NUMBERS)
    write_figure(lambda: draw_paths(paths, vectors), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
