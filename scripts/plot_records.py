"""Draw the gains of several studies side by side.

python scripts/plot_records.py results/workstation results/replication --png gains.png
"""

from pathlib import Path

from clm.figures.records import draw
from clm.figures.style import write_figure
from clm.provenance.command import UserError, run
from clm.tables.named import named_claims


def plot_records(studies: list[Path], /, png: Path, dpi: int = 200) -> None:
    """Draw the gain of the error per doubling of tokens, parameters and molecules in each study, and the elasticity.

    Args:
        studies: folders of finished studies or of records, such as reference/default, the first on top.
        png: the figure; a PDF is written beside it.
        dpi: dots per inch of the PNG.

    Raises:
        UserError: no study, two of one name, or one whose claims are missing or damaged.
    """
    claims = {folder.resolve().name: named_claims(folder) for folder in studies}
    if not studies or len(claims) < len(studies):
        raise UserError("name one study or more, each folder with a name of its own")
    write_figure(lambda: draw(claims), png.with_suffix(".pdf"), png, dpi)


if __name__ == "__main__":
    run(plot_records)
