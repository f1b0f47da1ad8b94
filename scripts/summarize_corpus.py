"""Account for every row of a corpus: counts per stage and reason, sources, licences."""

from collections import Counter
from pathlib import Path
from typing import Any

from clm.provenance.command import UserError, parser, run
from clm.provenance.files import read_json, write_json


def total(counts: list[Path]) -> dict[str, Any]:
    """Sum counts of rows read, kept, rejected by reason and remarked on; UserError when a row is unaccounted for."""
    parts = [read_json(path) for path in counts]
    rejected: Counter[str] = Counter()
    noted: Counter[str] = Counter()
    for part in parts:
        rejected.update(part["rejected"])
        noted.update(part.get("noted", {}))
    found = {"read": sum(p["read"] for p in parts), "kept": sum(p["kept"] for p in parts), "rejected": dict(+rejected)}
    if found["read"] != found["kept"] + rejected.total():
        raise UserError(f"{counts[0].parent}: rows are unaccounted for ({found}); delete the folder and run again")
    return found | ({"noted": dict(+noted)} if noted else {})


def standardized(gathered: Path, shards: list[Path]) -> dict[str, Any]:
    """Account for every raw row, thinned rows too; raises UserError when the shards did not see all that were kept."""
    before, after = total([gathered]), total(shards)
    if before["kept"] != after["read"]:
        raise UserError(
            f"{gathered}: {before['kept']} rows were kept, its shards have seen {after['read']}; "
            "delete both and run again"
        )
    return after | {"read": before["read"], "rejected": before["rejected"] | after["rejected"]}


def summarize_corpus(
    stages: dict[str, Any], tokens: Path, records: list[Path], origins: dict[str, Any], out: Path
) -> None:
    """Write summary.json: the rows and molecules of each stage, token inventory, sources.

    Args:
        stages: `gathered`, `deduplicated`, `split` (a file each), `standardized`, `decontaminated` (one per shard).
        tokens: counts of tokens.
        records: records of the fetched sources.
        origins: licence and citation of each source by its name, which is the folder of its record.
        out: JSON file.
    """
    inventory = read_json(tokens)
    summary = {"standardized": standardized(stages["gathered"], stages["standardized"])}
    summary["deduplicated"] = read_json(stages["deduplicated"])
    if stages["decontaminated"]:
        summary["decontaminated"] = total(stages["decontaminated"])
    summary["split"] = read_json(stages["split"])
    summary["tokens"] = {"distinct": len(inventory["tokens"]), "total": sum(inventory["tokens"].values())}
    summary["tokens"]["not_representable"] = inventory["not_representable"]
    summary["sources"] = [read_json(record) | origins[record.parent.name] for record in records]
    write_json(out, summary)


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("gathered", "deduplicated", "split", "tokens", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    for name in ("standardized", "records"):
        command.add_argument(f"--{name}", type=Path, nargs="+", required=True)
    command.add_argument("--decontaminated", type=Path, nargs="*", default=[])
    a = command.parse_args(argv)
    summarize_corpus(vars(a), a.tokens, a.records, a.config, a.out)


if __name__ == "__main__":
    run(main)
