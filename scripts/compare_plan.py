"""Compare the plan of a study with its results.

python scripts/compare_plan.py plan.csv results/default --out plan_and_outcome.csv
"""

from pathlib import Path

from clm.provenance.command import run
from clm.statistics.plan_outcome import COLUMNS, PLAN_COLUMNS, outcome_lines, plan_outcomes
from clm.tables.frames import write_table
from clm.tables.named import named_claims, named_table


def compare_plan(plan: Path, study: Path, /, out: Path) -> list[str]:
    """Write whether each claim was planned to be testable, and its verdict; return a summary.

    Args:
        plan: CSV that `plan_study.py --out` wrote before the study ran.
        study: folder of the finished study, such as results/default, with tables/claims.json and tables/headline.csv.
        out: CSV.

    Raises:
        UserError: the plan or a table of the study is missing or damaged, or the plan is not a plan.
    """
    table = named_table(plan, PLAN_COLUMNS, "a CSV that plan_study.py --out has written")
    claims, headline = named_claims(study), named_table(study / "tables" / "headline.csv", ["split"])
    found = plan_outcomes(table, claims, headline["split"].unique())
    write_table(out, found.to_dict("records"), COLUMNS)
    return outcome_lines(found)


if __name__ == "__main__":
    run(compare_plan)
