"""Standardizing, deduplicating and tokenizing molecules, against RDKit's parse and canonical SMILES alone.

Both sides take the same rows of MOSES and of a PubChem table, each its own part of both. Ours reads and writes every
file that the jobs of the workflow do, and its guard's child process counts. Times are processor seconds of one core,
which a busy machine disturbs less than the wall; imports are not counted.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from harness import ROOT, Case, alternate, compared, main, peak_mb
from scale_lines import real_rows

EVERY = 50  # one in fifty of the two million real rows
STANDARD = {"max_characters": 200, "largest_fragment": False, "neutralize": False, "shards": 1}
TOKENS = {"kind": "atoms", "max_tokens": 128, "min_count": 10}
MEMORY_MB = 2000


def spent() -> float:
    """Return the processor seconds of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def ours(case: Case) -> dict[str, Any]:
    """Run the stages of the workflow from raw rows to a token shard."""
    import duckdb  # noqa: F401  (imports are not counted)
    from deduplicate_corpus import deduplicate_corpus
    from standardize_corpus import standardize_corpus
    from tokenize_subset import tokenize_subset

    folder, stages = Path(case["folder"]), {}
    shard, molecules = folder / "0.parquet", folder / "molecules.parquet"
    work = {
        "standardize": lambda: standardize_corpus(folder / "rows.parquet", STANDARD, 0, shard, folder / "0.json"),
        "deduplicate": lambda: deduplicate_corpus(
            folder, {"shards": 1}, MEMORY_MB, molecules, folder / "molecules.json"
        ),
        "tokenize": lambda: tokenize_subset(
            molecules, folder / "tokenizer.json", folder / "vocabulary.json", folder / "tokens.safetensors"
        ),
    }
    began, wall = spent(), time.perf_counter()
    for stage, function in work.items():
        before = spent()
        function()
        stages[stage] = spent() - before
    counts = json.loads((folder / "0.json").read_text(encoding="utf-8"))
    kept = json.loads((folder / "molecules.json").read_text(encoding="utf-8"))["kept"]
    return {
        "seconds": spent() - began,
        "wall": time.perf_counter() - wall,
        "stages": stages,
        "standardized": counts["kept"],
        "distinct": kept,
        "peak_mb": peak_mb(),
    }


def theirs(case: Case) -> dict[str, Any]:
    """Parse each row and write its canonical SMILES, and keep nothing."""
    import pyarrow.parquet as pq
    from rdkit import Chem, RDLogger

    RDLogger.DisableLog("rdApp.*")
    rows = [raw.decode() for raw in pq.read_table(Path(case["folder"], "rows.parquet"))["raw"].to_pylist()]
    parsed = 0
    began, wall = spent(), time.perf_counter()
    for row in rows:
        mol = Chem.MolFromSmiles(row)
        if mol is not None:
            Chem.MolToSmiles(mol)
            parsed += 1
    return {"seconds": spent() - began, "wall": time.perf_counter() - wall, "parsed": parsed, "peak_mb": peak_mb()}


def prepare(folder: Path) -> int:
    """Write the raw rows, in the form that the first job of the workflow leaves, and a vocabulary; return their number.

    Rows longer than the limit are left out, so that both sides parse the same.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from build_tokenizer import build_tokenizer
    from count_tokens import count_tokens
    from gather_corpus import GROUP_ROWS, SCHEMA
    from standardize_corpus import standardize_corpus

    wanted = [f"results/sources/{name}/content" for name in ("molsets", "chemicals")]
    subprocess.run([sys.executable, "-m", "snakemake", "--quiet", "all", "--", *wanted], cwd=ROOT, check=True)
    rows = [raw for raw in islice(real_rows(ROOT / "results/sources"), 0, None, EVERY) if len(raw) <= 200]
    table = pa.table([range(len(rows)), rows], schema=SCHEMA)
    pq.write_table(table, folder / "rows.parquet", row_group_size=GROUP_ROWS, compression="zstd")
    standardize_corpus(folder / "rows.parquet", STANDARD, 0, folder / "0.parquet", folder / "0.json")
    count_tokens(folder / "0.parquet", TOKENS, folder / "counts.json")
    build_tokenizer([folder / "counts.json"], [folder / "0.parquet"], TOKENS, folder)
    return len(rows)


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Compare, one thread each."""
    with tempfile.TemporaryDirectory() as folder:
        rows = prepare(Path(folder))
        case = {"folder": folder}
        pairs = alternate(__file__, ("ours", case, 1), ("theirs", case, 1), arguments.repeats)
    row = compared("data", pairs, "seconds", "s") | {"rows": rows, "stages": [pair[0]["stages"] for pair in pairs]}
    return {"rows": [row | {"first_pair": pairs[0]}]}


if __name__ == "__main__":
    main(__file__, measure, {"ours": ours, "theirs": theirs})
