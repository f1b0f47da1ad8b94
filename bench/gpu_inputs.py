"""Pack what benchmarks of a GPU read, from a study made here: `python bench/gpu_inputs.py inputs.tar.gz` (some 4 MB).

For a machine with a GPU but without Snakemake or the corpora:

    mkdir inputs && tar -xzf inputs.tar.gz -C inputs
    CLM_BENCH_INPUTS=inputs python bench/gpu.py

Models are not packed: they are untrained ones, which are built where they are needed.
"""

import os
import sys
import tarfile
from pathlib import Path

os.environ.setdefault("CLM_BENCH_STUDY", "gpu")

import inputs  # noqa: E402


def packed(study: Path) -> list[Path]:
    """Return the files to pack, relative to the folder of a study."""
    wanted = [path for path in inputs.files() if path.name != "model.safetensors"]
    wanted += [inputs.VOCABULARY.with_name(name) for name in ("tokenizer.json", "tokenizer_config.json")]
    return [study / path.relative_to(inputs.STUDY) for path in wanted]


def pack(study: Path, out: Path) -> None:
    """Write the archive of a study's files.

    Raises:
        SystemExit: the study lacks some.
    """
    files = packed(study)
    missing = [str(path) for path in files if not path.exists()]
    if missing:
        sys.exit(f"not made yet: {', '.join(missing)}")
    with tarfile.open(out, "w:gz") as archive:
        for path in files:
            archive.add(path, path.relative_to(study), recursive=False)
    print(f"{out}: {len(files)} files, {out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    pack(Path(sys.argv[2]) if len(sys.argv) > 2 else inputs.STUDY, Path(sys.argv[1]))
