"""Run every benchmark that this machine allows, one after the other, then print the table (`make bench`)."""

import subprocess
import sys
import time
from pathlib import Path

PROGRAMS = ("pretraining", "finetuning", "curvature", "data", "workflow", "study", "repeatability")


def run_all() -> list[str]:
    """Run the programs; return the names of those that failed. One that fails does not stop the others."""
    failed = []
    for name in PROGRAMS:
        program = Path(__file__).with_name(f"{name}.py")
        if not program.exists():
            continue
        began = time.perf_counter()
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, str(program)]).returncode:
            failed.append(name)
        print(f"   {time.perf_counter() - began:.0f} s", flush=True)
    return failed


if __name__ == "__main__":
    wrong = run_all()
    subprocess.run([sys.executable, str(Path(__file__).with_name("table.py"))], check=True)
    sys.exit(f"failed: {', '.join(wrong)}" if wrong else 0)
