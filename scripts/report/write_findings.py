"""Write the findings of a study as a page of sentences filled from its tables."""

from pathlib import Path
from typing import Any

import pandas as pd
from clm.pages import (
    beginning,
    data,
    findings,
    ladders,
    left_out,
    prediction,
    pretraining_control,
    rivals,
    robustness,
    summary,
)
from clm.provenance.command import run
from clm.provenance.files import atomic, read_json
from clm.tables.columns import FINE_TUNED
from clm.tables.frames import read_table


def write_findings(
    tables: list[Path], claims: Path, summaries: list[Path], settings: dict[str, Any], out: Path
) -> None:
    """Write the page.

    Args:
        tables: CSV files, each named after its table.
        claims: claims.json.
        summaries: summary.json of each task.
        settings: `study`, `corpus` (the one whose checkpoints are judged), `aggregate` (tasks that count),
            `gain_margin` and `split` (of the comparison of methods).
        out: a Markdown file.
    """
    frame = {path.stem: read_table(path) for path in tables}
    judged = read_json(claims)
    first = beginning.markdown(beginning.beginning(frame, settings), "../figures/headline.png")
    short = [
        summary.short_section(frame, settings["corpus"]),
        findings.claims_section(judged["claims"], tuned_tasks(frame["transfer"], settings["aggregate"])),
    ]
    details = [
        findings.sensitivity_section(judged["sensitive"]),
        findings.loss_section(frame["runs"], frame["fits"]),
        robustness.repeats_section(frame["fits"]),
        robustness.repeatability_section(frame["rates"]),
        findings.elasticity_section(frame["elasticity"], settings["corpus"]),
        findings.gains_section(frame["saturation"]),
        pretraining_control.control_section(frame["pretraining_control"]),
        robustness.thresholds_section(frame["thresholds"]),
        robustness.ablation_section(frame["ablation"]),
        rivals.rivals_section(frame["transfer"], frame["runs"], settings["corpus"], settings["split"]),
        ladders.ladders_section(frame.get("ladders")),
        robustness.contrasts_section(frame["contrasts"]),
        prediction.prediction_section(frame["correlations"], frame["decision"]),
        robustness.literature_section(frame["reconciliation"]),
        left_out.left_out_section(frame["transfer"], frame["runs"]),
        data.data_section([read_json(path) for path in summaries]),
    ]
    with atomic(out) as temporary:
        temporary.write_text(findings.page(settings["study"], first, short, details), encoding="utf-8")


def tuned_tasks(transfer: pd.DataFrame, aggregate: list[str]) -> int:
    """Return the number of tasks that count on which models were fine-tuned."""
    tuned = transfer[transfer["mode"] == FINE_TUNED]
    return len(set(tuned["task"]) & set(aggregate))


if __name__ == "__main__":
    run(write_findings)
