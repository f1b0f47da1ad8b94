"""Pages and the words of figures: claims escaped, the summary of a study, names, short numbers."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import summarize_study
from clm.figures.tables import read_table
from clm.pages.beginning import Beginning, markdown
from clm.pages.claims import claims_page
from clm.pages.findings import page
from clm.wording.names import short_number
from drawn_study import write_drawn_study
from render_claims import render_claims


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    return write_drawn_study(tmp_path_factory.mktemp("study"))


def test_names_stay_text_and_missing_columns_stay_missing(tmp_path):
    (tmp_path / "t.csv").write_text("task,seed,gain\nNA,1e6,0.5\nnone,,oops\n")
    table = read_table(tmp_path / "t.csv", ("task", "seed", "axis"), ("gain", "p"))
    assert table["task"].tolist() == ["NA", "none"] and table["seed"].tolist() == ["1e6", ""]
    assert table["axis"].tolist() == ["", ""] and table["p"].isna().all()
    assert table["gain"].tolist()[0] == 0.5 and np.isnan(table["gain"].tolist()[1])


def test_short_numbers():
    assert [short_number(v) for v in (0.35, 62_336, 1e6, 1.05e9, 999_900)] == ["0.35", "62.3k", "1M", "1.05G", "1M"]


class Cells(HTMLParser):
    """Collects the text of the table cells of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def test_claims_page_escapes_and_keeps_every_claim(study, tmp_path):
    render_claims(study / "tables" / "claims.json", tmp_path / "claims.html")
    page = Cells()
    page.feed((tmp_path / "claims.html").read_text())
    assert "Loss falls with <scale> & data" in page.text and "scale" not in page.tags
    assert "0.0612 [0.05, 0.07]" in page.text and page.tags.count("tr") == 3
    assert "1 supported, 0 contradicted, 1 undecided" in "".join(page.text)
    assert "<script>" not in claims_page(
        {"study": "<script>", "claims": [{"claim": "<script>", "tables": ["<script>"]}]}
    )
    assert "No claim was tested" in claims_page({"claims": []})


def test_the_end_of_a_study_is_its_headline_and_the_path_of_the_report(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "report").mkdir()
    told = Beginning("It can.", ["The loss falls.", "Fine-tuned, a.", "With a linear probe, b."], "", [], ["x"], ["y"])
    (tmp_path / "tables" / "findings.md").write_text(page("s", markdown(told, "f.png"), [("T", ["z"])], []))
    (tmp_path / "report" / "report.html").write_text("")
    lines = summarize_study.summarize_study(tmp_path)
    report = tmp_path / "report" / "report.html"
    assert lines[2:] == ["  Fine-tuned, a.", "  With a linear probe, b.", f"  report  {report}"]
    assert summarize_study.summarize_study(tmp_path / "none") == []


def test_claims_page_counts_every_verdict():
    claims = [{"claim": name, "verdict": name} for name in ("supported", "saturated", "saturated", "not sensitive")]
    page = claims_page({"study": "s", "claims": claims})
    assert "1 supported, 0 contradicted, 0 undecided, 2 saturated, 1 not sensitive. A verdict" in page


RECORDS = sorted((Path(__file__).parents[3] / "reference").glob("*/tables/claims.json"))


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.parts[-3])
def test_no_key_of_the_configuration_reaches_a_reader_of_claims(path):
    text = re.sub(r"<[^>]+>|\w+\.csv", " ", claims_page(json.loads(path.read_text())))
    assert len(text) > 2000 and re.findall(r"\b\w*[a-z]_\w+|\(all\)|\b\d+m\b|\bzinc\b", text) == []
