"""The report: one HTML file with the answer first, then the argument figure by figure, then every table."""

import csv
import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import docutils.core
import docutils.utils
import jinja2

from clm.pages import pictures
from clm.pages.pictures import picture
from clm.wording.names import task_name
from clm.wording.values import value_name

SECTIONS = {  # categories of figures and tables, in the order of the argument
    "Answer": "",
    "Loss": "What the pretraining loss does with scale.",
    "Transfer": "What of it reaches the tasks.",
    "Why": "What fine-tuning does to the weights.",
    "What to use": "What to compute, or to label, for a new task.",
    "Your tasks": "A page for whoever owns the data of a task.",
    "Supplement": "What the argument does not need.",
    "Tables": "Every table; click to unfold.",
}
ROWS = 200  # maximum number of rows of a table on the page
STYLE = (
    """
:root { color-scheme: light }
* { box-sizing: border-box }
body { font: 15px/1.45 system-ui, sans-serif; margin: 0; color: #222; overflow-wrap: anywhere }
nav { position: sticky; top: 0; background: #fff; border-bottom: 1px solid #ccc; padding: .45em 1em; z-index: 1;
      display: flex; flex-wrap: wrap; gap: .2em 1.1em }
nav b { margin-right: .6em }
a { color: #0072B2 }
main { max-width: 1400px; margin: 0 auto; padding: 0 1em 3em }
h1 { font-size: 1.25em; margin: .6em 0 .3em } h2 { margin-top: 2em; border-bottom: 1px solid #ccc }
figure { display: grid; grid-template-columns: minmax(0, 1fr) 21em; gap: 1.2em; margin: 1.2em 0; align-items: start }
figcaption { font-size: .9em; color: #444 } figcaption p:first-child { margin-top: 0 }
.landing { display: grid; grid-template-columns: 31em minmax(0, 1fr); gap: 1.4em; align-items: start }
.landing p { margin: .45em 0 } .answer { font-weight: 600 } .scope { font-size: .9em }
.question, .sight { margin: .3em 0; color: #555 }
.so-what { border-left: 4px solid #E69F00; padding-left: .7em }
.wide { overflow-x: auto; max-width: 100% }
table { border-collapse: collapse; font-size: .85em } th, td { border-bottom: 1px solid #ddd; padding: .25em .6em;
       text-align: left; vertical-align: top; overflow-wrap: normal }
details { margin: .5em 0; border: 1px solid #ddd; padding: .4em .8em } summary { cursor: pointer }
.embedded { border: 1px solid #ccc; padding: 0 1em; margin: 1em 0 }
.embedded h1 { font-size: 1.15em } .embedded h2 { font-size: 1em; margin-top: 1em; border: 0 }
@media (max-width: 900px) { figure, .landing { grid-template-columns: minmax(0, 1fr) } }
@media (max-width: 600px) { nav { position: static } body { font-size: 14px } main { padding: 0 .6em 2em } }
"""
    + pictures.STYLE
)


@dataclass(frozen=True)
class Shown:
    """One file of the report.

    Attributes:
        path: of the file.
        category: one of SECTIONS.
        label: what it is, in a few words.
        caption: HTML.
    """

    path: Path
    category: str
    label: str
    caption: str


def caption_html(source: str, config: Mapping[str, Any], task: str = "") -> str:
    """Return a caption in reStructuredText as HTML, with values of the configuration filled in.

    Raises:
        ValueError: docutils reports a warning or an error.
    """
    known = {"config": config, "wildcards": {"task": task_name(task)}}
    text = jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(source).render(snakemake=known)
    settings = {"halt_level": 2, "report_level": 5, "file_insertion_enabled": False, "raw_enabled": False}
    try:
        return docutils.core.publish_parts(text, writer="html5", settings_overrides=settings)["fragment"]
    except docutils.utils.SystemMessage as error:
        raise ValueError(str(error)) from error


def report_page(
    study: str, landing: tuple[str, str, str], figure: Path, findings: str, shown: Sequence[Shown], workflow: str
) -> str:
    """Return the report.

    Args:
        study: its name.
        landing: HTML above, beside and below the headline figure.
        figure: PNG of the headline.
        findings: HTML of findings.md.
        shown: all files in the order of the study; each appears in its section.
        workflow: link to Snakemake's own report: rule graph, code and run times of every job.
    """
    sections = [name for name in SECTIONS if name == "Answer" or any(one.category == name for one in shown)]
    links = "".join(f'<a href="#{anchor(name)}">{name}</a>' for name in sections)
    headline = next((one for one in shown if one.path.name == figure.name), None)
    caption = f"<details><summary>How to read this figure</summary>{headline.caption}</details>" if headline else ""
    first = (
        f'<section id="answer"><h1>Does scale transfer?</h1>{landing[0]}<div class="landing"><div>{landing[1]}</div>'
    )
    first += (
        f"<div>{picture(figure, 'headline: ' + plain(landing[1])[:300], figure.stem)}{caption}{landing[2]}</div></div>"
    )
    first += f"<details><summary>All findings in words</summary>{findings}</details>"
    rest = [one for one in shown if one is not headline]
    own = "".join(entry(one) for one in rest if one.category == "Answer")
    others = "".join(section(name, [one for one in rest if one.category == name]) for name in sections[1:])
    end = f'<p><a href="{html.escape(workflow)}">How it was made</a>: rule graph, code and run times of every job.</p>'
    head = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(study)}: does scale transfer?'
    )
    head += f'</title><meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head>'
    body = f"<body><nav><b>{html.escape(study)}</b>{links}</nav><main>{first}{own}</section>{others}{end}</main></body>"
    return f"{head}{body}</html>\n"


def section(name: str, shown: Sequence[Shown]) -> str:
    """Return one section."""
    entries = "".join(map(entry, shown))
    return f'<section id="{anchor(name)}"><h2>{name}</h2><p>{SECTIONS[name]}</p>{entries}</section>'


def entry(one: Shown) -> str:
    """Return a figure with its caption beside it, a folded table, or a page."""
    if one.path.suffix == ".png":
        caption = f"<figcaption><b>{html.escape(one.label)}.</b>{one.caption}</figcaption>"
        return f"<figure>{picture(one.path, one.label, one.path.stem)}{caption}</figure>"
    if one.path.suffix == ".csv":
        return table_entry(one)
    text = re.search(r"<body>(.*)</body>", one.path.read_text(encoding="utf-8"), re.DOTALL)
    summary = f"<summary><b>{html.escape(task_name(one.label))}</b></summary>"
    return f'<details class="embedded">{summary}{text[1] if text else ""}</details>'


def table_entry(one: Shown) -> str:
    """Return a CSV file as a folded table of its first rows."""
    with one.path.open(encoding="utf-8", newline="") as handle:
        rows = csv.reader(handle)
        head = next(rows, [])
        body = list(islice(rows, ROWS))
        rest = sum(1 for _ in rows)
    cells = "".join(
        "<tr>" + "".join(f"<td>{html.escape(value_name(value))}</td>" for value in row) + "</tr>" for row in body
    )
    names = "".join(f"<th>{html.escape(name.replace('_', ' '))}</th>" for name in head)
    more = f" ({rest} more rows in the file)" if rest else ""
    link = f'<a href="../tables/{html.escape(one.path.name)}">{html.escape(one.path.name)}</a>{more}'
    summary = f"<summary><b>{html.escape(one.label)}</b>, {len(body) + rest} rows</summary>"
    table = f'<div class="wide"><table><thead><tr>{names}</tr></thead><tbody>{cells}</tbody></table></div>'
    return f"<details>{summary}{one.caption}<p>{link}</p>{table}</details>"


def anchor(name: str) -> str:
    """Return the name of a section in links."""
    return name.lower().replace(" ", "-")


def plain(text: str) -> str:
    """Return HTML without its tags."""
    return html.unescape(re.sub(r"<[^>]+>", " ", text)).strip()


def markdown_html(text: str) -> str:
    """Convert findings.md to HTML (headings, lists, tables, bold), without its beginning."""
    text = re.sub(r"<!-- headline:begin.*?<!-- headline:end -->\n?", "", text, flags=re.DOTALL)
    out: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip().splitlines()
        if not lines:
            continue
        if lines[0].startswith("#"):
            out.append(f"<h4>{inline(lines.pop(0).lstrip('# '))}</h4>")
        if lines and lines[0].startswith("|"):
            rows = [[inline(c.strip()) for c in line.strip("| ").split("|")] for line in lines if "---" not in line]
            body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
            out.append(f'<div class="wide"><table>{body}</table></div>')
        elif lines and lines[0].startswith("- "):
            out.append("<ul>" + "".join(f"<li>{inline(line.removeprefix('- '))}</li>" for line in lines) + "</ul>")
        elif lines:
            out.append(f"<p>{inline(' '.join(lines))}</p>")
    return "".join(out)


def inline(text: str) -> str:
    """Return a line with bold and code as HTML."""
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", html.escape(text))
    return re.sub(r"`(.+?)`", r"<code>\1</code>", text)
