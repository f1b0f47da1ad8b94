"""The page of one task for the owner of its data: what to use, errors, what would help, applicability, the data."""

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from clm.pages import pictures
from clm.pages.claims import escaped
from clm.pages.data import label_quality, rejected_rows, skeletons_on_both_sides
from clm.pages.score_tables import readable_curves, readable_scores, table
from clm.statistics.answers import HARMS, HELPS, NO_HELP, UNKNOWN, Finding
from clm.wording.names import task_name

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{task}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style>
body {{ font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 0 1em 2em; color: #222; max-width: 60em;
       overflow-wrap: anywhere }}
table {{ border-collapse: collapse; font-size: .85em }}
th, td {{ border-bottom: 1px solid #ccc; padding: .3em .6em; text-align: left; vertical-align: top }}
.wide {{ overflow-x: auto }} .answer p:first-child {{ font-weight: 600; font-size: 1.1em }}
ul.signs {{ list-style: none; padding: 0 }} ul.signs b {{ display: inline-block; width: 1.4em; text-align: center }}
details {{ margin: .5em 0; border: 1px solid #ddd; padding: .4em .8em }} summary {{ cursor: pointer }}
pre {{ overflow-x: auto; background: #f4f4f4; padding: .6em; white-space: pre-wrap }}
@media (max-width: 600px) {{ body {{ font-size: 14px; padding: 0 .6em 1.5em }} }}
{style}</style></head><body>
<h1>{task}</h1>
<p>{about}</p>
<div class="answer">{answer}</div>
<p><small>Chosen by cross-validation inside the training part; errors are those of the test part ({split}), with 95 %
intervals over its scaffolds. {lowest}</small></p>
{figure}
<h2>What would help</h2>
<ul class="signs">{signs}</ul>
<p><small>Within the range of this study. + helps, = does not help, − harms, ? unknown.</small></p>
<h2>To which molecules this applies</h2>{applicability}
<h2>The data</h2>{quality}
<details><summary>Everything known of the data</summary><div class="wide">{data}</div></details>
<details><summary>Errors of all models and baselines</summary><p>Lower is better: root mean square error (RMSE) in the
units of the label, or 1 − AUC (area under the receiver operating characteristic curve). Each size with its most
molecules and tokens.</p><div class="wide">{scores}</div></details>
<details><summary>Error against number of labels</summary><p>Gain: share by which the error falls per doubling of the
labels.</p><div class="wide">{curves}</div></details>
<h2>Predict new molecules</h2>
<pre>{command}</pre>
<p><a href="{predictions}">Predictions for every molecule of the test part (CSV)</a></p>
</body></html>
"""


def answer_page(task: str, told: Mapping[str, Any]) -> str:
    """Return the page as HTML; every text is escaped.

    Args:
        task: its name.
        told: `about` and `split` (text), `answer` (sentences), `lowest` (sentence), `figure` (path of a PNG or None),
            `findings`, `applicability` and `data` (what: value), `quality` (sentences), `scores` and `curves` (tables),
            `results` (folder of the study), `predictions` (name of the CSV file).
    """
    labels = ("model", "labels", "error", "lower", "upper", "gain", "verdict")
    curves, scores = told["curves"], readable_scores(told["scores"])
    command = f"python scripts/predict.py {shlex.quote(told['results'])} --task {shlex.quote(task)} "
    command += "--molecules new.csv --out predictions.csv"
    return PAGE.format(
        task=escaped(task_name(task)),
        style=pictures.STYLE,
        about=escaped(told["about"]),
        answer=paragraphs(told["answer"]),
        split=escaped(told["split"]),
        lowest=escaped(told["lowest"]),
        figure=picture(told["figure"], task),
        signs="".join(map(sign_line, told["findings"])),
        applicability=paragraphs(told["applicability"]),
        quality=paragraphs(told["quality"]),
        data=table(("what", "value"), told["data"].items()),
        scores=table(tuple(scores.columns), scores.itertuples(index=False, name=None)),
        curves=table(labels, readable_curves(curves)[list(labels)].itertuples(index=False, name=None))
        if len(curves)
        else "Not measured.",
        command=escaped(command),
        predictions=escaped(told["predictions"]),
    )


def sign_line(finding: Finding) -> str:
    """Return the line on one possible improvement."""
    lever = finding.lever[0].upper() + finding.lever[1:]
    change = f": {finding.change}" if finding.change else ""
    text = escaped(f"{lever} {shown(finding)}{change}")
    return f"<li><b>{finding.sign}</b> {text} <small>({escaped(finding.why)})</small></li>"


def shown(finding: Finding) -> str:
    """Return a verdict as the end of a sentence that begins with "a larger model" or "more labels"."""
    many = finding.lever.startswith("more ")
    verbs = {HELPS: "help", NO_HELP: "do not help", HARMS: "harm", UNKNOWN: "are not known to help"}
    one = {UNKNOWN: "is not known to help"}.get(finding.verdict, finding.verdict)
    return verbs[finding.verdict] if many else one


def picture(path: Path | None, task: str) -> str:
    """Return the figure of errors embedded in HTML, so that the page needs no other file."""
    if path is None:
        return ""
    alt = f"Errors on {task_name(task)} of every model and baseline, lowest first"
    return pictures.picture(path, alt, f"errors on {task_name(task)}")


def paragraphs(lines: Iterable[str]) -> str:
    """Return a paragraph per line."""
    return "".join(f"<p>{escaped(line)}</p>" for line in lines)


def applicability(distance: Mapping[str, Any], where: str, near: float | None) -> list[str]:
    """Return the applicability of the models: unknown tokens, similarity to the corpus and to the training part.

    Args:
        distance: of the task to the corpus.
        where: the corpus in words.
        near: median similarity of a test molecule to its nearest training molecule, None if unknown.
    """
    unseen = ", ".join(distance["unseen_tokens"])
    lines = [
        f"{percent(distance['unseen_molecule_fraction'])} of the molecules have a token that {where} does not have"
        + (f" ({unseen})." if unseen else "."),
        f"Nearest molecule of {where}: Tanimoto similarity {distance['nearest_tanimoto_median']:.2f} (median); "
        f"{percent(distance['overlap_fraction'])} of the molecules are in it themselves.",
    ]
    if near is not None:
        lines.append(f"Nearest training molecule of a test molecule: similarity {near:.2f} (median). Expect larger "
                     "errors for new molecules that are less like the labelled ones.")  # fmt: skip
    return lines


def quality(
    summary: Mapping[str, Any],
    stereo: Mapping[str, int],
    descriptors: Mapping[str, Any],
    distance: Mapping[str, Any],
    where: str,
) -> dict[str, Any]:
    """Return remarks on the quality of the data, from summary, descriptors and distance of the task."""
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
    """Return a fraction as percent."""
    return f"{100 * share:.1f} %"
