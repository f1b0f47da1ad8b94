"""Draw a map of parameter space: the checkpoints of one trunk and where fine-tuning leads."""

from pathlib import Path

from clm.plotting.command import figure_parser
from clm.plotting.landscape import MAP_NUMBERS, MAP_TEXT, draw_parameters, trunk_title
from clm.plotting.style import write_figure
from clm.plotting.tables import read_table
from clm.provenance.command import run
from clm.provenance.files import read_json


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = figure_parser(__doc__)
    command.add_argument("--maps", type=Path, nargs="*", default=[], help="pairs of points (.csv) and variance (.json)")
    a = command.parse_args(argv)
    maps = {
        trunk_title(path): (read_table(path, MAP_TEXT, MAP_NUMBERS), read_json(path.with_suffix(".json")))
        for path in a.maps
        if path.suffix == ".csv"
    }
    write_figure(lambda: draw_parameters(maps), a.pdf, a.png, a.config["dpi"])


if __name__ == "__main__":
    run(main)
