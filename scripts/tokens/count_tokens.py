"""Count the tokens of the training molecules of a corpus."""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
from clm.chemistry.tables import batches
from clm.provenance.command import run
from clm.provenance.files import write_json
from clm.tokens.scan import scan
from clm.tokens.text import represent


def count_tokens(molecules: Path, settings: dict[str, Any], out: Path) -> None:
    """Write how often each token occurs, and how many molecules the representation cannot express."""
    counts: Counter[str] = Counter()
    lost = 0
    for batch in batches([molecules], ["smiles"]):
        texts = batch.column(0)
        if settings["kind"] == "selfies":
            texts = pa.array([represent(smiles, "selfies") for smiles in texts.to_pylist()], pa.string())
            lost += texts.null_count
            texts = texts.drop_null()
        counts += scan(texts).counts()
    write_json(out, {"tokens": counts, "not_representable": lost})


if __name__ == "__main__":
    run(count_tokens)
