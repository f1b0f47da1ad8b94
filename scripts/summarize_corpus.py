"""Account for every row of a corpus: counts per stage and reason, sources, licences."""

from collections import Counter
from pathlib import Path
from typing import Any

from clm.provenance.command import UserError, parser, run
from clm.provenance.files import read_json, write_json


def standardized(shards: list[Path]) -> dict[str, Any]:
    """Sum the counts of all shards; raises UserError when a row is unaccounted for."""
    counts = [read_json(path) for path in shards]
    rejected: Counter[str] = Counter()
    for count in counts:
        rejected.update(count["rejected"])
    total = {"read": sum(c["read"] for c in counts), "kept": sum(c["kept"] for c in counts), "rejected": dict(rejected)}
    if total["read"] != total["kept"] + sum(rejected.values()):
        raise UserError(f"{shards[0].parent}: rows are unaccounted for ({total}); delete the folder and run again")
    return total


def summarize_corpus(
    shards: list[Path], stages: list[Path], tokens: Path, records: list[Path], origins: dict[str, Any], out: Path
) -> None:
    """Write summary.json: `standardized`, one entry per later stage (by file name), token inventory, sources.

    `origins` holds licence and citation of each source by its name, which is the folder of its record.
    """
    inventory = read_json(tokens)
    summary = {"standardized": standardized(shards)}
    summary |= {stage.stem: read_json(stage) for stage in stages}
    summary["tokens"] = {"distinct": len(inventory["tokens"]), "total": sum(inventory["tokens"].values())}
    summary["tokens"]["not_representable"] = inventory["not_representable"]
    summary["sources"] = [read_json(record) | origins[record.parent.name] for record in records]
    write_json(out, summary)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    command.add_argument("--shards", type=Path, nargs="+", required=True)
    command.add_argument("--stages", type=Path, nargs="+", required=True)
    command.add_argument("--tokens", type=Path, required=True)
    command.add_argument("--records", type=Path, nargs="+", required=True)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args(argv)
    summarize_corpus(a.shards, a.stages, a.tokens, a.records, a.config, a.out)


if __name__ == "__main__":
    run(main)
