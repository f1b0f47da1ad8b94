"""Set the plan of a study beside what it found.

python scripts/compare_plan.py plan.csv results/default --out plan_and_outcome.csv
"""

from pathlib import Path

import pandas as pd
from clm.predict.parts import read_object, read_part
from clm.provenance.command import UserError, run
from clm.statistics.plan_outcome import COLUMNS, PLAN_COLUMNS, outcome_lines, plan_outcomes
from clm.tables.frames import read_table, write_table


def compare_plan(plan: Path, study: Path, /, out: Path) -> list[str]:
    """Write for each claim whether it was planned to be testable, and its verdict; return a summary.

    Args:
        plan: CSV that `plan_study.py --out` wrote before the study ran.
        study: folder of the finished study, such as results/default, with tables/claims.json and tables/headline.csv.
        out: CSV.

    Raises:
        UserError: the plan or a table of the study is missing or damaged, or the plan is another table.
    """
    claims, headline = study / "tables" / "claims.json", study / "tables" / "headline.csv"
    for path in (plan, claims, headline):
        if not path.is_file():
            raise UserError(f"{path} is missing; name a plan and the folder of a finished study")
    table = pd.read_csv(plan)
    if absent := [name for name in PLAN_COLUMNS if name not in table]:
        raise UserError(f"{plan}: no column {absent[0]}; name a CSV that plan_study.py --out has written")
    splits = read_table(headline)["split"].unique()
    found = plan_outcomes(table, read_part(claims, read_object)["claims"], splits)
    write_table(out, found.to_dict("records"), COLUMNS)
    return outcome_lines(found)


if __name__ == "__main__":
    run(compare_plan)
