"""Count the tokens of the training molecules of a corpus."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
from clm.chemistry.tables import batches
from clm.provenance.command import run
from clm.provenance.files import write_json
from clm.tokens.scan import scan
from clm.tokens.text import KINDS, Kind


def count_tokens(molecules: Path, settings: dict[str, Any], out: Path) -> None:
    """Write the count of each token, and the number of molecules that the representation cannot express."""
    counts: Counter[str] = Counter()
    kind, lost = KINDS[settings["kind"]], 0
    for batch in batches([molecules], ["smiles"]):
        texts = batch.column(0)
        if kind.text:
            texts = pa.array(map(kind.text, texts.to_pylist()), pa.string())
            lost += texts.null_count
            texts = texts.drop_null()
        counts += count(texts, kind)
    write_json(out, {"tokens": counts, "not_representable": lost})


def count(texts: pa.Array, kind: Kind) -> Counter[str]:
    """Return the count of each token in texts."""
    if kind.scanned:
        return scan(texts).counts()
    return Counter(token for text in texts.to_pylist() for token in re.findall(kind.pattern, text))


if __name__ == "__main__":
    run(count_tokens)
