"""What the benchmarks read: files of a study, made by the workflow itself.

CLM_BENCH_STUDY names another study than the default one, an overlay in studies/.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness import ROOT

NAME = os.environ.get("CLM_BENCH_STUDY", "default")
OVERLAY = [] if NAME == "default" else ["--configfile", f"studies/{NAME}.yaml"]
STUDY = ROOT / "results" / NAME
SUBSET = {"default": "32k", "gpu": "200k"}[NAME]
TOKENS = STUDY / f"corpora/zinc/tokens/{SUBSET}.safetensors"
VALID = STUDY / "corpora/zinc/tokens/valid.safetensors"
VOCABULARY = STUDY / "tokenizer/vocabulary.json"
SPLITS = [("scaffold", 0), ("random", 0), ("random", 1), ("random", 2)]


def untrained(size: str) -> Path:
    """Return the folder of an untrained encoder."""
    return STUDY / f"pretrain/untrained/{size}/none/seed0/0"


def checkpoint(size: str) -> Path:
    """Return the folder of a checkpoint of 100 000 tokens on 32 000 molecules (on a GPU of an untrained encoder)."""
    if NAME != "default":
        return untrained(size)
    return STUDY / f"pretrain/zinc/{size}/32k/seed0/100k"


def task(name: str) -> Path:
    """Return the molecules of a task."""
    return STUDY / f"tasks/{name}/molecules.csv"


def split(name: str, kind: str, seed: int) -> Path:
    """Return a split of a task."""
    return STUDY / f"tasks/{name}/splits/{kind}-{seed}.csv"


def files() -> list[Path]:
    """Return every file that some benchmark reads."""
    models = [folder(size) / "model.safetensors" for size in ("60k", "800k") for folder in (untrained, checkpoint)]
    tasks = [path for name in ("bace", "esol") for path in (task(name), *(split(name, *one) for one in SPLITS))]
    return [TOKENS, VALID, VOCABULARY, *models, *tasks]


def prepare() -> None:
    """Let snakemake make what is missing or stale; the first time fetches 60 MB and takes two minutes."""
    make(files())


def make(paths: list[Path]) -> None:
    """Let snakemake make files of the study."""
    wanted = [str(path.relative_to(ROOT)) for path in paths]
    command = [sys.executable, "-m", "snakemake", *OVERLAY, "--quiet", "all", "--", *wanted]
    subprocess.run(command, cwd=ROOT, check=True)


def training_settings(size: str) -> dict[str, Any]:
    """Return the pretraining settings of a size as the workflow passes them to its job."""
    import yaml

    overlays = [] if NAME == "default" else [f"studies/{NAME}.yaml"]
    settings, rate = {}, None
    for name in ("config.yaml", *overlays):
        config = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        settings |= {k: v for k, v in config["pretraining"].items() if k != "sweep"}
        rate = config["sizes"].get(size, {}).get("learning_rate", rate)
    return settings | {"learning_rate": rate}


def read_json(path: Path) -> Any:
    """Return the content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    prepare()
