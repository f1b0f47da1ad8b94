"""Judge the claims of the paper by the tables of the study."""

from pathlib import Path
from typing import Any

from clm.provenance.command import parser, run
from clm.provenance.files import write_json
from clm.statistics.claims import compute_gains, limited_improvement, loss_claim, task_dependence
from clm.statistics.claims_prediction import parameter_space_claim, prediction_claims, review_claims
from clm.tables.frames import read_table

AXES = {"N": "parameters", "D": "tokens", "U": "molecules", "C": "compute"}


def judge_claims(fits: Path, saturation: Path, correlations: Path, config: dict[str, Any], out: Path) -> None:
    """Write claims.json.

    Args:
        fits: fits.csv.
        saturation: saturation.csv.
        correlations: correlations.csv.
        config: `study`, `corpus`, `gain_margin`, `correlation_margin`, `bootstrap`, `seed`, `aggregate` (tasks that
            count).
        out: the claims with source, test, n, effect, interval, p, verdict, reason.
    """
    laws, verdicts, links = read_table(fits), read_table(saturation), read_table(correlations)
    margin = config["gain_margin"]
    found = [loss_claim(laws, config["corpus"], axis, what, margin) for axis, what in AXES.items()]
    gains = compute_gains(verdicts, config["aggregate"])
    draws = {"draws": config["bootstrap"], "seed": config["seed"]}
    found += [limited_improvement(key, rows, margin, **draws) for key, rows in gains.items()]
    found += prediction_claims(links, config["correlation_margin"])
    found += [task_dependence(key, rows, margin) for key, rows in gains.items()]
    found += [parameter_space_claim(), *review_claims(verdicts, config["aggregate"], margin)]
    write_json(out, {"study": config["study"], "claims": found})


def main(argv: list[str] | None = None) -> None:
    """Command line."""
    command = parser(__doc__)
    for name in ("fits", "saturation", "correlations", "out"):
        command.add_argument(f"--{name}", type=Path, required=True)
    a = command.parse_args(argv)
    judge_claims(a.fits, a.saturation, a.correlations, a.config, a.out)


if __name__ == "__main__":
    run(main)
