"""The marked block with which findings begin, and its copy in README."""

import re

BEGIN, END = "<!-- headline:begin{} -->", "<!-- headline:end -->"
MARKED = re.compile(r"<!-- headline:begin(?P<source>[^>]*?) -->\n(?P<text>.*?)<!-- headline:end -->", re.DOTALL)


def copied(readme: str, findings: str, source: str) -> str:
    """Return a page with its marked block replaced by the one in the findings of a record.

    Args:
        readme: the page, which has one block.
        findings: findings.md of the record.
        source: folder of the record from the page, for example reference/default.

    Raises:
        ValueError: one of them has no block, or the page several.
    """
    found, blocks = MARKED.search(findings), MARKED.findall(readme)
    if found is None or len(blocks) != 1:
        raise ValueError(f"{len(blocks)} blocks in the page, {'none' if found is None else 'one'} in the findings")
    text = re.sub(r"\]\((?:\.\./)?figures/", f"]({source}/figures/", found["text"])
    return MARKED.sub(lambda _: f"{BEGIN.format(' ' + source)}\n{text}{END}", readme)
