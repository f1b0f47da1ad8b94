"""Draw filter-normalized loss surfaces around trained models."""

from pathlib import Path

from clm.plotting.command import figure_parser
from clm.plotting.landscape import SURFACE_NUMBERS, draw_surfaces, surface_title
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = figure_parser(__doc__)
    command.add_argument("--surfaces", type=Path, nargs="*", default=[])
    a = command.parse_args(argv)
    surfaces = {surface_title(path): read_table(path, (), SURFACE_NUMBERS) for path in a.surfaces}
    write_figure(lambda: draw_surfaces(surfaces), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
