"""Draw one figure of the study from its tables, as PDF and PNG."""

from importlib import import_module
from pathlib import Path
from typing import Any

from clm.figures.style import write_figure
from clm.figures.tables import read_table
from clm.provenance.command import run


def plot_figure(figure: str, tables: list[Path], settings: dict[str, Any], dpi: int, pdf: Path, png: Path) -> None:
    """Draw a figure with the module `clm.figures.<figure>`, which declares the columns that it reads.

    Args:
        figure: name of the module.
        tables: files in the order of the arguments of its `draw`.
        settings: further arguments of its `draw`.
        dpi: dots per inch of the PNG.
        pdf: the figure for papers.
        png: the figure for screens.
    """
    module = import_module(f"clm.figures.{figure}")
    read = getattr(module, "read", None)
    found = read(*tables) if read else [read_table(path, *module.TABLES[path.stem]) for path in tables]
    write_figure(lambda: module.draw(*found, **settings), pdf, png, dpi)


if __name__ == "__main__":
    run(plot_figure)
