"""Compare the claims of a study with those of its replication with other seeds.

python scripts/compare_replication.py results/workstation results/replication --out agreement.csv
"""

from pathlib import Path

from clm.provenance.command import UserError, run
from clm.statistics.replication import COLUMNS, replicated, replication_lines
from clm.tables.frames import write_table
from clm.tables.named import named_claims


def compare_replication(study: Path, again: Path, /, out: Path) -> list[str]:
    """Write the effect and the verdict of each claim in both studies, and the difference; return a summary.

    Args:
        study: folder of the finished study, such as results/workstation, with tables/claims.json.
        again: folder of the replication.
        out: CSV of COLUMNS.

    Raises:
        UserError: a study has not been judged, its claims are damaged, or the two have no claim in common.
    """
    table = replicated(named_claims(study), named_claims(again))
    if table.empty:
        raise UserError(f"{study} and {again} have no claim in common; name studies with the same modes and splits")
    write_table(out, table.to_dict("records"), COLUMNS)
    return replication_lines(table)


if __name__ == "__main__":
    run(compare_replication)
