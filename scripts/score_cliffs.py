"""Report the error on activity cliffs and on all test molecules for every model of a finished study.

python scripts/score_cliffs.py results/mine --out cliffs.csv
"""

from pathlib import Path

from clm.provenance.command import run
from clm.provenance.files import write_csv
from clm.tables.cliffs import cliff_errors


def score_cliffs(results: Path, /, out: Path) -> None:
    """Write errors on all and on cliff molecules of the test part.

    Args:
        results: folder of a finished study with tasks that have a column `cliffs` configured.
        out: CSV, a row per task, model, split and seed.
    """
    write_csv(out, cliff_errors(results))


if __name__ == "__main__":
    run(score_cliffs)
