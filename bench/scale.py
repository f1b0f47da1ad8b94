"""Time and peak memory of every stage of a corpus, at millions of lines (docs/SCALE.md tells what was run).

python bench/scale.py --lines 2M.gz --shards 12 --work scale/2M --out reference/scale/2M.json
python bench/scale.py --lines 20M.gz --shards 40 --real 0 --work scale/distinct --out reference/scale/20M_distinct.json
python bench/scale.py --lines 20M.gz --shards 40 --real 2 --known scale/2M --work scale/20M --out 20M_repeats.json

The stages are the scripts of the workflow with its memory settings. With --real n only the first n shards are
standardized; the others are written without RDKit. With --known, a finished run on the real molecules, they are made of
the standard SMILES of the molecule behind each enumerated line, and each line of the first n shards is checked to have
that one. Without, each line stands as a molecule of its own: the harder case for every later stage.
"""

import argparse
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from harness import machine
from scale_shards import as_they_stand, from_molecules, known_molecules, molecule_numbers, verified, write_shards
from scale_watch import watched

CORPUS = {"files": [{"source": "lines", "member": None}], "column": 1, "separator": "\t", "sample_fraction": 1}
STANDARD = {"max_characters": 200, "largest_fragment": False, "neutralize": False}
TOKENS = {"kind": "atoms", "max_tokens": 128, "min_count": 10}
DATABASE_MB = 2000  # what the default study gives the job (its key database_mb and 500)


class Run:
    """The stages of one corpus in a folder; what was measured goes to `rows`.

    Jobs that have ended are in stages.jsonl of the folder: a measurement that is cut off goes on after them.
    """

    def __init__(self, work: Path) -> None:
        """Start with an empty table and what has been measured in the folder before."""
        work.mkdir(parents=True, exist_ok=True)
        self.work, self.rows, self.log = work, [], work / "stages.jsonl"
        told = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        self.done = {record["job"]: record["row"] for record in map(json.loads, told)}

    def stage(self, stage: str, script: str, *arguments: Any, **told: Any) -> None:
        """Run a script as one job of a stage, unless it has been, and print it."""
        job = " ".join(map(str, (script, *arguments)))
        row = self.done.get(job)
        if row is None:
            row = {"stage": stage} | watched(script, *arguments) | told
            row = {key: round(v, 2) if isinstance(v, float) else v for key, v in row.items()}
            with self.log.open("a", encoding="utf-8") as log:
                log.write(json.dumps({"job": job, "row": row}) + "\n")
        self.rows.append(row)
        print(json.dumps(row), flush=True)

    def gather(self, lines: Path) -> int:
        """Read the lines once; return their number."""
        out, counts = self.work / "rows.parquet", self.work / "gathered.json"
        config = json.dumps(CORPUS)
        self.stage(
            "gather", "gather_corpus", "--settings", config, "--sources", lines, "--out", out, "--counts", counts
        )
        self.rows[-1]["lines"] = json.loads(counts.read_text())["read"]
        return self.rows[-1]["lines"]

    def standardize(self, shards: int, real: int, total: int, jobs: int) -> list[Path]:
        """Standardize the first `real` shards, some at once; return their files."""
        paths = [self.work / "standardized" / f"{shard}.parquet" for shard in range(real)]
        config = json.dumps(STANDARD | {"shards": shards})

        def one(shard: int) -> None:
            out = paths[shard]
            arguments = ["--settings", config, "--rows", self.work / "rows.parquet", "--shard", shard, "--out", out]
            read = total * (shard + 1) // shards - total * shard // shards
            arguments += ["--counts", out.with_suffix(".json")]
            self.stage("standardize", "standardize_corpus", *arguments, lines=read)

        with ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, range(real)))
        return paths

    def deduplicate(self, name: str, shards: list[Path], total: int) -> Path:
        """Deduplicate shards, wherever they lie; return the file of distinct molecules."""
        out = self.work / name / "molecules.parquet"
        out.parent.mkdir(exist_ok=True)
        folder = self.work / name / "shards"
        folder.mkdir(exist_ok=True)
        for number, shard in enumerate(shards):
            (folder / f"{number}.parquet").unlink(missing_ok=True)
            (folder / f"{number}.parquet").symlink_to(shard.absolute())
        arguments = ["--settings", json.dumps({"shards": len(shards)}), "--mem-mb", DATABASE_MB, "--shards", folder]
        arguments += ["--out", out, "--counts", out.with_suffix(".json")]
        self.stage(f"deduplicate ({name})", "deduplicate_corpus", *arguments, lines=total)
        self.rows[-1]["molecules"] = json.loads(out.with_suffix(".json").read_text())["kept"]
        return out

    def rest(self, molecules: Path) -> None:
        """Split, draw the largest subset, count tokens, build the vocabulary, tokenize the subset."""
        folder = molecules.parent
        count = self.rows[-1]["molecules"]
        train, valid, subset = (folder / f"{name}.parquet" for name in ("train", "valid", "subset"))
        config = json.dumps({"name": "scale", "validation_molecules": 20000})
        files = ["--train", train, "--valid", valid, "--counts", folder / "split.json"]
        self.stage("split", "split_corpus", "--settings", config, "--molecules", molecules, *files, molecules=count)
        wanted = json.loads((folder / "split.json").read_text())["train"]
        config = json.dumps({"corpus": "scale", "subset": "all", "molecules": wanted})
        self.stage(
            "draw subset", "draw_subset", "--settings", config, "--train", train, "--out", subset, molecules=wanted
        )
        counts, kind = folder / "tokens.json", json.dumps({"kind": "atoms"})
        arguments = ["--settings", kind, "--molecules", train, "--out", counts]
        self.stage("count tokens", "count_tokens", *arguments, molecules=wanted)
        arguments = ["--settings", json.dumps(TOKENS), "--counts", counts, "--molecules", train, "--folder", folder]
        self.stage("vocabulary", "build_tokenizer", *arguments, molecules=wanted)
        shard = folder / "subset.safetensors"
        vocabulary = ["--tokenizer", folder / "tokenizer.json", "--vocabulary", folder / "vocabulary.json"]
        self.stage("tokenize", "tokenize_subset", "--molecules", subset, *vocabulary, "--out", shard, molecules=wanted)
        self.rows[-1]["output_mb"] = round(shard.stat().st_size / 2**20)


def measure(a: argparse.Namespace) -> dict[str, Any]:
    """Run all stages; return the record."""
    where, run = machine(), Run(a.work)
    total = run.gather(a.lines)
    real = run.standardize(a.shards, a.shards if a.real is None else a.real, total, a.jobs)
    record: dict[str, Any] = {"machine": where, "lines": total, "shards": a.shards, "standardized_shards": len(real)}
    if len(real) == a.shards:
        molecules = run.deduplicate("real", real, total)
    if a.known:
        numbers, known = molecule_numbers(a.lines, total), known_molecules(a.known)
        record["verified"] = verified(real, numbers, known)
        others = write_shards(a.work, "repeats", len(real), a.shards, from_molecules(numbers, known))
        molecules = run.deduplicate("repeats", real + others, total)
    elif len(real) < a.shards:
        molecules = run.deduplicate("distinct", write_shards(a.work, "distinct", 0, a.shards, as_they_stand), total)
    run.rest(molecules)
    return record | {"rows": run.rows, "load_after": round(os.getloadavg()[0], 2)}


def main() -> None:
    """Command line."""
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_argument("--lines", type=Path, required=True)
    command.add_argument("--shards", type=int, required=True)
    command.add_argument("--real", type=int, help="standardize only that many shards")
    command.add_argument("--jobs", type=int, default=1, help="shards standardized at once")
    command.add_argument("--known", type=Path, help="folder of a finished run on the real molecules")
    command.add_argument("--work", type=Path, required=True)
    command.add_argument("--out", type=Path, required=True)
    a = command.parse_args()
    record = measure(a)
    a.out.parent.mkdir(parents=True, exist_ok=True)
    a.out.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
