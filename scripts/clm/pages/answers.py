"""The page of one task for whoever owns its data: quality, distance, scores, and what would help."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from clm.pages.claims import escaped
from clm.pages.data import label_quality, rejected_rows, skeletons_on_both_sides
from clm.statistics.answers import Finding

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{task}</title><style>
body {{ font: 14px/1.4 sans-serif; margin: 1.5em; color: #222; max-width: 70em }}
table {{ border-collapse: collapse }}
th, td {{ border-bottom: 1px solid #ccc; padding: .3em .7em; text-align: left; vertical-align: top }}
.answer {{ font-weight: bold }}
</style></head><body>
<h1>{task}</h1>
<p>{about}</p>
<p class="answer">{sentence}</p>
<p>Read from the tables of verdicts of this study: it holds for its sizes, molecules and token budgets and says nothing
beyond them. Undecided is the default: an interval that contains both a gain that matters and none decides nothing.</p>
<h2>What would help</h2>{levers}
<h2>The data</h2>{data}
<h2>Errors</h2>
<p>Lower is better. Error: the root mean square error (RMSE) in the units of the label, or 1 − AUC (area under the
receiver operating characteristic curve). Intervals of 95 % are over scaffolds of the test part. Kind: frozen encoder
with a linear head (linear_probe), fine-tuned model, untrained encoder, or baseline without pretraining (ECFP:
extended-connectivity
fingerprints). Each size is shown with its most molecules and tokens.</p>{scores}
<h2>Error against number of labels</h2>{curves}
<p>Predictions for every molecule of the test part: {predictions}.</p>
</body></html>
"""


def answer_page(
    task: str, about: str, sentence: str, findings: list[Finding], data: Mapping[str, Any], scores: pd.DataFrame,
    curves: pd.DataFrame, predictions: str,
) -> str:  # fmt: skip
    """Return the page as HTML; every text is escaped."""
    levers = [(finding.lever, finding.verdict, finding.why) for finding in findings]
    labels = ("model", "labels", "error", "lower", "upper", "gain", "verdict")
    return PAGE.format(
        task=escaped(task),
        about=escaped(about),
        sentence=escaped(sentence),
        levers=table(("what", "verdict", "why"), levers),
        data=table(("what", "value"), data.items()),
        scores=table(tuple(scores.columns), scores.itertuples(index=False, name=None)),
        curves=table(labels, curves[list(labels)].itertuples(index=False, name=None))
        if len(curves)
        else "Not measured.",
        predictions=escaped(predictions),
    )


def table(head: tuple[str, ...], rows: Iterable[Iterable[Any]]) -> str:
    """Return an HTML table."""
    body = "".join("<tr>" + "".join(f"<td>{cell(value)}</td>" for value in row) + "</tr>" for row in rows)
    return f"<table><tr>{''.join(f'<th>{escaped(name)}</th>' for name in head)}</tr>{body}</table>"


def cell(value: Any) -> str:
    """Return one value as HTML, missing ones as a dash."""
    return escaped(None if isinstance(value, float) and pd.isna(value) else value)


def quality(
    summary: Mapping[str, Any],
    stereo: Mapping[str, int],
    descriptors: Mapping[str, Any],
    distance: Mapping[str, Any],
    where: str,
) -> dict[str, Any]:
    """Return what there is to say about the data, in words, from summary, descriptors and distance of the task."""
    labels = "; ".join(
        f"{name}: {', '.join(f'{state} {count}' for state, count in states.items())}"
        for name, states in list(summary["labels"].items())[:10]
    )
    strange = ", ".join(distance["unseen_tokens"]) or "none"
    return {
        "rows read": summary["read"],
        "molecules used": summary["kept"],
        "warnings": "; ".join(summary.get("warnings", [])) or "none",
        "rows rejected, by reason": rejected_rows(summary),
        "labels (the first ten)": labels,
        **label_quality(summary),
        "repeated rows": summary["duplicates"],
        "molecules whose repeats have unequal labels": summary["conflicting_duplicates"],
        "rows with a salt or mixture": summary["salts"],
        "molecules with stereo marks": stereo["marked"],
        "molecules with a stereocentre left open": stereo["open_centres"],
        "molecules that differ from another in stereochemistry only": stereo["only_stereo"],
        "skeletons (first block of the InChIKey) in both train and test": skeletons_on_both_sides(descriptors),
        f"molecules with a token never seen in {where}": percent(distance["unseen_molecule_fraction"]),
        "such tokens": strange,
        f"Tanimoto similarity to the nearest molecule of {where} (ECFP, mean)": distance["nearest_tanimoto_mean"],
        "the same, median": distance["nearest_tanimoto_median"],
        f"molecules that are in {where} themselves": percent(distance["overlap_fraction"]),
    }


def percent(share: float) -> str:
    """Return a share as percent."""
    return f"{100 * share:.1f} %"
