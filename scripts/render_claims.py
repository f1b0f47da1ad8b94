"""Render the claims and their verdicts as an HTML page."""

from pathlib import Path

from clm.plotting.claims import claims_page
from clm.provenance.command import parser, run
from clm.provenance.files import atomic, read_json


def render_claims(claims: Path, out: Path) -> None:
    """Write the page of claims.json."""
    with atomic(out) as temporary:
        temporary.write_text(claims_page(read_json(claims)), encoding="utf-8")


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--claims", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args(argv)
    render_claims(a.claims, a.out)


if __name__ == "__main__":
    run(main)
