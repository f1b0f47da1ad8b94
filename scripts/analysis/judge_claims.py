"""Judge the claims of the paper by the tables of the study."""

from pathlib import Path
from typing import Any

from clm.provenance.command import run
from clm.provenance.files import write_json
from clm.statistics.claims import compute_gains, headline_claims, task_dependence
from clm.statistics.claims_loss import loss_claim
from clm.statistics.claims_prediction import parameter_space_claim, prediction_claims, review_claims
from clm.statistics.sensitivity import read_sensitivity
from clm.tables.frames import read_table

AXES = {"N": "parameters", "D": "tokens", "U": "molecules", "C": "compute"}


def judge_claims(
    fits: Path,
    saturation: Path,
    correlations: Path,
    headline: Path,
    sensitivity: Path,
    settings: dict[str, Any],
    out: Path,
) -> None:
    """Write claims.json.

    Args:
        fits: fits.csv.
        saturation: saturation.csv.
        correlations: correlations.csv.
        headline: headline.csv.
        sensitivity: sensitivity.csv.
        settings: `study`, `corpus`, `gain_margin`, `correlation_margin`, `aggregate` (tasks that count).
        out: the claims with source, test, n, effect, interval, p, verdict, reason.
    """
    laws, verdicts, links = read_table(fits), read_table(saturation), read_table(correlations)
    margin = settings["gain_margin"]
    found = [loss_claim(laws, settings["corpus"], axis, what, margin) for axis, what in AXES.items()]
    gains = compute_gains(verdicts, settings["aggregate"])
    found = [*headline_claims(read_table(headline), margin), *found]
    found += prediction_claims(links, settings["correlation_margin"])
    places = read_table(sensitivity)
    seen = read_sensitivity(places)
    found += [task_dependence(key, rows, margin, seen.get(key, False)) for key, rows in gains.items()]
    found += [parameter_space_claim(), *review_claims(verdicts, settings["aggregate"], margin)]
    write_json(out, {"study": settings["study"], "sensitive": places.to_dict("records"), "claims": found})


if __name__ == "__main__":
    run(judge_claims)
