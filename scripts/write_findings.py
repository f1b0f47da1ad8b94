"""Write what a study found as a page of sentences filled from its tables."""

from pathlib import Path

from clm.plotting import findings, left_out, robustness, summary
from clm.provenance.command import parser, run
from clm.provenance.files import atomic, read_json
from clm.tables.frames import read_table

TABLES = ("runs", "rates", "transfer", "fits", "saturation", "elasticity", "correlations", "decision", "ablation")
TABLES += ("thresholds", "contrasts", "reconciliation")


def write_findings(tables: dict[str, Path], claims: Path, config: dict[str, str], out: Path) -> None:
    """Write the page.

    Args:
        tables: the CSV files named in TABLES.
        claims: claims.json.
        config: `study`, `corpus` (the one whose checkpoints are judged) and `split` (of the comparison of methods).
        out: a Markdown file.
    """
    frame = {name: read_table(path) for name, path in tables.items()}
    sections = [
        summary.short_section(frame, config["corpus"]),
        findings.loss_section(frame["runs"], frame["fits"]),
        robustness.repeats_section(frame["fits"]),
        robustness.repeatability_section(frame["rates"]),
        findings.elasticity_section(frame["elasticity"], config["corpus"]),
        findings.gains_section(frame["saturation"]),
        robustness.thresholds_section(frame["thresholds"]),
        robustness.ablation_section(frame["ablation"]),
        findings.rivals_section(frame["transfer"], frame["runs"], config["corpus"], config["split"]),
        robustness.contrasts_section(frame["contrasts"]),
        findings.prediction_section(frame["correlations"], frame["decision"]),
        robustness.literature_section(frame["reconciliation"]),
        findings.claims_section(read_json(claims)["claims"]),
        left_out.left_out_section(frame["transfer"], frame["runs"]),
    ]
    with atomic(out) as temporary:
        temporary.write_text(findings.page(config["study"], sections), encoding="utf-8")


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in (*TABLES, "claims", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    write_findings({name: getattr(a, name) for name in TABLES}, a.claims, a.config, a.out)


if __name__ == "__main__":
    run(main)
