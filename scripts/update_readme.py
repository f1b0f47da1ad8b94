"""Copy the beginning of a record's findings, with its figure, into the marked block of README.md.

python scripts/update_readme.py reference/default
"""

from pathlib import Path

from clm.pages.marked import copied
from clm.provenance.command import UserError, run
from clm.provenance.files import atomic


def update_readme(record: Path, /, readme: Path = Path("README.md")) -> None:
    """Write the beginning of a record into a page.

    Args:
        record: folder with findings.md and figures/headline.png, for example reference/default.
        readme: page with a block between <!-- headline:begin --> and <!-- headline:end -->.

    Raises:
        UserError: the record or the page has no such block, or the record has no figure.
    """
    findings, figure = record / "findings.md", record / "figures" / "headline.png"
    for path in (findings, figure):
        if not path.is_file():
            raise UserError(f"{record}: no {path.relative_to(record)}; name the folder of a record")
    try:
        text = copied(readme.read_text(encoding="utf-8"), findings.read_text(encoding="utf-8"), record.as_posix())
    except ValueError as error:
        raise UserError(f"{readme} from {findings}: {error}; give each one block between its marks") from error
    with atomic(readme) as temporary:
        temporary.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    run(update_readme)
