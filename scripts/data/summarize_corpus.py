"""Account for every row of a corpus: counts per stage and reason, sources, licences."""

from collections import Counter
from pathlib import Path
from typing import Any

from clm.chemistry.tables import shard_files
from clm.provenance.command import UserError, run
from clm.provenance.files import read_json, write_json


def total(counts: list[Path]) -> dict[str, Any]:
    """Sum counts of rows read, kept, rejected by reason and with remarks; raise UserError if rows do not add up."""
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


def every_row(gathered: Path, shards: list[Path]) -> dict[str, Any]:
    """Account for every raw row, including unsampled ones; raise UserError if the shards did not read all kept rows."""
    before, after = total([gathered]), total(shards)
    if before["kept"] != after["read"]:
        raise UserError(
            f"{gathered}: {before['kept']} rows were kept, its shards have seen {after['read']}; "
            "delete both and run again"
        )
    return after | {"read": before["read"], "rejected": before["rejected"] | after["rejected"]}


def summarize_corpus(
    gathered: Path,
    standardized: Path,
    deduplicated: Path,
    decontaminated: Path,
    split: Path,
    tokens: Path,
    sources: Path,
    settings: dict[str, Any],
    out: Path,
) -> None:
    """Write summary.json: the rows and molecules of each stage, token inventory, sources.

    Args:
        gathered: counts of rows.
        standardized: folder with the counts of each shard.
        deduplicated: counts of distinct molecules.
        decontaminated: folder with the counts of each shard.
        split: counts of the molecules held out and kept.
        tokens: counts of tokens.
        sources: folder of the downloaded sources, each with its record.
        settings: `shards`, `decontaminate` (whether shards are decontaminated) and `origins`, the name
            of each source with its licence and citation.
        out: JSON file.
    """
    inventory = read_json(tokens)
    summary = {"standardized": every_row(gathered, shard_files(standardized, settings["shards"], "json"))}
    summary["deduplicated"] = read_json(deduplicated)
    if settings["decontaminate"]:
        summary["decontaminated"] = total(shard_files(decontaminated, settings["shards"], "json"))
    summary["split"] = read_json(split)
    summary["tokens"] = {"distinct": len(inventory["tokens"]), "total": sum(inventory["tokens"].values())}
    summary["tokens"]["not_representable"] = inventory["not_representable"]
    summary["sources"] = [read_json(sources / name / "record.json") | origin for name, origin in settings["origins"]]
    write_json(out, summary)


if __name__ == "__main__":
    run(summarize_corpus)
