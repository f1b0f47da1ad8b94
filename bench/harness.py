"""Two parties in turn in one invocation: what every benchmark shares.

Each run of a party is a process of its own, so that its threads, its memory and its imports are its own; what is timed
lies inside that process. Repeats alternate and swap who goes first; a ratio is the median of the ratios of neighbours
in time, so that a machine that slows down slows both.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "reference" / "bench"
LIBRARIES = ("torch", "transformers", "accelerate", "pyhessian", "rdkit", "snakemake", "numpy")
Case = dict[str, Any]
Party = Callable[[Case], dict[str, Any]]

# As jobs find the library, and the functions of the scripts of each stage
SCRIPTS = ROOT / "scripts"
sys.path[:0] = [
    str(SCRIPTS),
    *(str(path) for path in sorted(SCRIPTS.iterdir()) if path.is_dir() and path.name != "clm"),
]
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(SCRIPTS), os.environ.get("PYTHONPATH")]))


def peak_mb() -> float:
    """Return the largest resident memory of this process in MB (a fresh mark in each process, unlike ru_maxrss)."""
    if Path("/proc/self/status").exists():
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS: bytes


def run_party(program: str, party: str, case: Case, threads: int = 1) -> dict[str, Any]:
    """Run one party in a process with that many threads; return what it printed as JSON on its last line.

    It sees no GPU unless its case has `gpu`.

    Raises:
        RuntimeError: the party failed; its standard error is in the message.
    """
    command = [sys.executable, program, "--party", party, "--case", json.dumps(case)]
    environment = os.environ | {
        "OMP_NUM_THREADS": str(threads),
        "HF_HUB_OFFLINE": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    if not case.get("gpu", False):
        environment["CUDA_VISIBLE_DEVICES"] = ""
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"{Path(program).name} {party} {case}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def alternate(
    program: str, ours: tuple[str, Case, int], theirs: tuple[str, Case, int], repeats: int
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return the measurements (ours, theirs) of each repeat; parties are (name, case, threads)."""
    pairs = []
    for repeat in range(repeats):
        order = (ours, theirs) if repeat % 2 == 0 else (theirs, ours)
        found = [run_party(program, *party) for party in order]
        pairs.append((found[0], found[1]) if repeat % 2 == 0 else (found[1], found[0]))
        print(f"  repeat {repeat + 1} of {repeats}: {found}", file=sys.stderr)
    return pairs


def compared(key: str, pairs: list[tuple[dict[str, Any], dict[str, Any]]], value: str, unit: str) -> dict[str, Any]:
    """Return the row of a comparison of times or memory (smaller is better): medians, ratio theirs/ours, its spread."""
    ours, theirs = ([pair[side][value] for pair in pairs] for side in (0, 1))
    ratios = sorted(b / a for a, b in zip(ours, theirs, strict=True))
    return {
        "key": key,
        "unit": unit,
        "ours": statistics.median(ours),
        "theirs": statistics.median(theirs),
        "ratio": statistics.median(ratios),
        "spread": [ratios[0], ratios[-1]],
        "runs": {"ours": ours, "theirs": theirs},
    }


def measured(key: str, values: list[float], unit: str) -> dict[str, Any]:
    """Return the row of something that has a goal but no other party."""
    return {"key": key, "unit": unit, "ours": statistics.median(values), "spread": [min(values), max(values)]}


def machine() -> dict[str, Any]:
    """Return processor, cores, memory, system, versions, and how busy the machine is."""
    cpu, memory = platform.processor() or platform.machine(), None
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        cpu = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), cpu)
        memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    return {
        "processor": cpu,
        "cores": os.cpu_count(),
        "memory_gib": memory,
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
        "load_before": round(os.getloadavg()[0], 2),
    }


def version(name: str) -> str | None:
    """Return the version of an installed library, or None."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def write(name: str, record: dict[str, Any], folder: Path = OUT) -> None:
    """Write {name}.json, in reference/bench unless told otherwise; one that is killed leaves the last whole file."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{name}.part"
    part.write_text(json.dumps(record, indent=1, default=float) + "\n", encoding="utf-8")
    part.replace(folder / f"{name}.json")


def main(
    program: str, measure: Callable[[argparse.Namespace], dict[str, Any]], parties: Mapping[str, Party] | None = None
) -> None:
    """Command line of a benchmark: without arguments it measures and writes; with --party it is one party.

    Args:
        program: `__file__` of the benchmark.
        measure: returns a record with `rows` (of `compared` and `measured`) and whatever explains them.
        parties: by name; each takes a case and returns its measurements.
    """
    command = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__.splitlines()[0])
    command.add_argument("--repeats", type=int, default=3)
    command.add_argument("--party", help="run one party and print JSON (used by the benchmark)")
    command.add_argument("--case", type=json.loads, default={}, help="settings of that party as JSON")
    arguments = command.parse_args()
    if arguments.party:
        print(json.dumps((parties or {})[arguments.party](arguments.case), default=float))
        return
    where = machine()
    record = {"machine": where, **measure(arguments)}
    write(Path(program).stem, record)
    for row in record["rows"]:
        print(json.dumps(row, default=float))
