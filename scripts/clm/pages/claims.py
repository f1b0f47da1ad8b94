"""The claims of the paper with the verdict of this study on each, as one HTML page."""

import html
from collections.abc import Mapping
from typing import Any

from clm.wording.names import readable

VERDICTS = {"supported": "●", "contradicted": "✕", "undecided": "○"}  # by shape and fill, not by colour
HEADINGS = ("Claim", "Source", "Test", "n", "Effect [95 % interval]", "What matters", "p", "Verdict", "Why", "Tables")
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Claims: {study}</title><style>
body {{ font: 14px/1.4 sans-serif; margin: 1.5em; color: #222 }}
table {{ border-collapse: collapse }}
th, td {{ border-bottom: 1px solid #ccc; padding: .4em .7em; text-align: left; vertical-align: top }}
.verdict {{ font-weight: bold; white-space: nowrap }}
</style></head><body>
<h1>What study {study} says about the claims</h1>
<p>{counts}. A verdict holds at the scale of this study; undecided is the default. n: independent units; p: of no
effect; N, D, U: parameters, tokens, molecules; ρ: Spearman's rank correlation; I²: share of the differences between
tasks that is not noise; what matters: the effect below which a difference is of no practical relevance.</p>
<table><thead><tr>{head}</tr></thead><tbody>
{rows}
</tbody></table></body></html>
"""


def claims_page(document: Mapping[str, Any]) -> str:
    """Return an HTML page with a row per claim; every text is escaped."""
    claims = list(document.get("claims") or [])
    verdicts = [str(claim.get("verdict") or "undecided") for claim in claims]
    known = dict.fromkeys([*VERDICTS, *verdicts])  # every verdict is counted, so that the counts add up
    counts = ", ".join(f"{verdicts.count(name)} {name}" for name in known) if claims else "No claim was tested"
    head = "".join(f"<th>{html.escape(name)}</th>" for name in HEADINGS)
    rows = "\n".join(claim_row(claim) for claim in claims)
    return readable(PAGE.format(study=escaped(document.get("study")), counts=counts, head=head, rows=rows))


def claim_row(claim: Mapping[str, Any]) -> str:
    """Return one table row."""
    verdict = str(claim.get("verdict") or "undecided")
    effect = escaped(claim.get("effect"))
    if claim.get("lower") is not None and claim.get("upper") is not None:
        effect += f" [{escaped(claim['lower'])}, {escaped(claim['upper'])}]"
    cells = [escaped(claim.get(key)) for key in ("claim", "source", "test", "n")] + [effect]
    cells += [escaped(claim.get("threshold")), escaped(claim.get("p"))]
    cells_html = "".join(f"<td>{cell}</td>" for cell in cells)
    cells_html += f'<td class="verdict">{VERDICTS.get(verdict, "–")} {html.escape(verdict)}</td>'
    tables = ", ".join(map(str, claim.get("tables") or []))
    return f"<tr>{cells_html}<td>{escaped(claim.get('reason'))}</td><td>{html.escape(tables)}</td></tr>"


def escaped(value: Any) -> str:
    """Return a value as HTML text: numbers with three digits, missing ones as a dash."""
    if value is None or value == "":
        return "–"
    if isinstance(value, float):
        return f"{value:.3g}"
    return html.escape(str(value))
