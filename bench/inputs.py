"""What the benchmarks read: files of a study, made by the workflow itself.

CLM_BENCH_STUDY names another study than the default one, an overlay in studies/. CLM_BENCH_INPUTS is a folder with what
`gpu_inputs.py` packed of the study for one GPU, for a machine without Snakemake; untrained models are built there.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness import ROOT

NAME = os.environ.get("CLM_BENCH_STUDY", "default")
OVERLAY = [] if NAME == "default" else ["--configfile", f"studies/{NAME}.yaml"]
GPU_STUDY = "studies/gpu.yaml"
GIVEN = os.environ.get("CLM_BENCH_INPUTS")
STUDY = Path(GIVEN).resolve() if GIVEN else ROOT / "results" / NAME
SUBSET = "200k" if GIVEN or NAME == "gpu" else "64k"
TOKENS = STUDY / f"corpora/zinc/tokens/{SUBSET}.safetensors"
VALID = STUDY / "corpora/zinc/tokens/valid.safetensors"
VOCABULARY = STUDY / "tokenizer/vocabulary.json"
SPLITS = [("scaffold", 0), ("random", 0), ("random", 1), ("random", 2)]


def untrained(size: str) -> Path:
    """Return the folder of an untrained encoder: of the study, or beside it for a size that it does not have."""
    study = STUDY if size in configuration()["sizes"] else ROOT / "results" / "bench"
    return study / f"pretrain/untrained/{size}/none/seed0/0"


def checkpoint(size: str) -> Path:
    """Return the folder of a checkpoint of 200 000 tokens on 64 000 molecules (on a GPU of an untrained encoder)."""
    if GIVEN or NAME != "default":
        return untrained(size)
    return STUDY / f"pretrain/zinc/{size}/64k/seed0/200k"


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
    """Let snakemake make files of the study; of a given folder build models.

    Raises:
        SystemExit: files are missing in the given folder.
    """
    if GIVEN:
        for size in {path.parents[3].name for path in paths if path.name == "model.safetensors"}:
            build(size)
        missing = [str(path) for path in paths if not path.exists()]
        if missing:
            sys.exit(f"missing in CLM_BENCH_INPUTS: {', '.join(missing)}")
        return
    wanted = [str(path.relative_to(ROOT)) for path in paths]
    command = [sys.executable, "-m", "snakemake", *OVERLAY, "--quiet", "all", "--", *wanted]
    subprocess.run(command, cwd=ROOT, check=True)


def build(size: str) -> None:
    """Build the untrained encoder of a size, as the workflow does, unless it is there."""
    folder = untrained(size)
    if (folder / "model.safetensors").exists():
        return
    from clm.models.build import TOKENIZER_FILES
    from clm.models.initialize import architecture, save_untrained

    vocabulary, config = len(read_json(VOCABULARY)["tokens"]), configuration()
    made = folder.with_name(f"{folder.name}.part")
    save_untrained(made, architecture(size_settings(size), vocabulary, config["tokenizer"]["max_tokens"]), 0)
    for name in TOKENIZER_FILES:
        shutil.copyfile(VOCABULARY.parent / name, made / name)
    made.rename(folder)


def configuration() -> dict[str, Any]:
    """Return the configuration of the study."""
    from clm.study.merge import read_configuration

    return read_configuration(*(ROOT / name for name in ("catalogue.yaml", "config.yaml", *OVERLAY[1:])))


def size_settings(size: str) -> dict[str, Any]:
    """Return a size of the study, or of the one for a GPU."""
    from clm.study.merge import read_configuration

    sizes = configuration()["sizes"]
    return sizes[size] if size in sizes else read_configuration(ROOT / "config.yaml", ROOT / GPU_STUDY)["sizes"][size]


def training_settings(size: str) -> dict[str, Any]:
    """Return the pretraining settings of a size as the workflow passes them to its job."""
    config = configuration()
    settings = {k: v for k, v in config["pretraining"].items() if k != "sweep"}
    return settings | {"learning_rate": size_settings(size)["learning_rate"]}


def read_json(path: Path) -> Any:
    """Return the content of a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    prepare()
