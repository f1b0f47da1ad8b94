"""Render the claims and their verdicts as an HTML page."""

from pathlib import Path

from clm.pages.claims import claims_page
from clm.provenance.command import run
from clm.provenance.files import atomic, read_json


def render_claims(claims: Path, out: Path) -> None:
    """Write the page of claims.json."""
    with atomic(out) as temporary:
        temporary.write_text(claims_page(read_json(claims)), encoding="utf-8")


if __name__ == "__main__":
    run(render_claims)
