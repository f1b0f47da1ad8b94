"""The report: answer first, sections in the order of the argument, captions beside figures, every table, no faults."""

import os
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from clm.pages.beginning import as_html, beginning
from clm.pages.pictures import LEAST, png_width
from clm.pages.report import SECTIONS, Shown, caption_html, markdown_html, report_page
from clm.tables.frames import read_table

ROOT = Path(__file__).parents[3]
PNG = bytes.fromhex("89504e470d0a1a0a")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FIRST = ("headline", "sensitivity", "saturation", "relative_errors", "runs", "ablation")
RECORDS = [path.parents[1] for path in sorted((ROOT / "reference").glob("*/tables/headline.csv"))]
ANSWER = (
    "<p class='sight'>It can.</p>",
    "<p class='answer'>Fine-tuned, more tokens lower the error.</p><p class='so-what'>So what.</p>",
    "<p>rest</p>",
)

CATEGORIES = ("Answer", "Loss", "Transfer", "Supplement")


class Tags(HTMLParser):
    """Checks that tags are closed in order, and collects headings, images and captions."""

    VOID = {"meta", "img", "br", "link"}

    def __init__(self) -> None:
        super().__init__()
        self.open, self.images, self.sections, self.faults = [], [], [], []

    def handle_starttag(self, tag, attributes):
        told = dict(attributes)
        if tag == "img":
            self.images.append((told.get("alt"), list(self.open)))
        if tag == "section":
            self.sections.append(told["id"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


@pytest.fixture
def made(tmp_path):
    figures = [tmp_path / f"{name}.png" for name in ("headline", "loss", "gains", "costs")]
    for path in figures:
        path.write_bytes(PNG)
    (tmp_path / "runs.csv").write_text("size,loss\n<b>,0.123456789\n" + "x,1\n" * 250)
    (tmp_path / "esol.html").write_text("<html><body><h1>ESOL</h1></body></html>")
    shown = [Shown(tmp_path / "runs.csv", "Tables", "checkpoints", "<p>A row per checkpoint.</p>")]
    shown += [Shown(path, category, path.stem, f"<p>Caption of {path.stem}.</p>")
              for path, category in zip(figures, CATEGORIES, strict=True)]  # fmt: skip
    shown.append(Shown(tmp_path / "esol.html", "Your tasks", "esol", ""))
    return report_page("my <study>", ANSWER, figures[0], "<p>findings</p>", shown, "workflow.html")


def read(text: str) -> Tags:
    tags = Tags()
    tags.feed(text)
    return tags


def test_the_answer_comes_first_and_sections_follow_the_argument(made):
    tags = read(made)
    assert tags.faults == [] and tags.open == []
    assert tags.sections == ["answer", "loss", "transfer", "your-tasks", "supplement", "tables"]
    order = [name.lower().replace(" ", "-") for name in SECTIONS]
    assert tags.sections == [name for name in order if name in tags.sections]
    assert (
        made.index("class='sight'")
        < made.index("class='answer'")
        < made.index("<img")
        < made.index("class='so-what'") + 10_000
    )
    assert re.findall(r'href="#([\w-]+)"', made) == tags.sections
    assert made.rindex("workflow.html") > made.rindex("<table")
    assert "<summary><b>ESOL</b></summary>" in made and "esol" not in re.sub(r"<[^>]+>", "", made)


def test_figures_have_captions_beside_them_and_texts_for_who_cannot_see_them(made):
    tags = read(made)
    assert len(tags.images) == 4 and all(alt for alt, _ in tags.images)
    assert [places[-2:] for _, places in tags.images[1:]] == [["figure", "div"]] * 3
    for name in ("loss", "gains", "costs"):
        drawn = r'<figure><div class="scroll"><img [^>]*></div><figcaption>'
        assert re.search(rf"{drawn}<b>{name}\.</b><p>Caption of {name}", made)
    assert not re.search(r'(src|href)="(?!data:|#|\.\./tables/|workflow)', made)  # it needs no other file to be read


def test_tables_are_escaped_cut_and_counted(made):
    assert "<td>&lt;b&gt;</td><td>0.1235</td>" in made and "251 rows" in made and "(51 more rows in the file)" in made
    assert "my &lt;study&gt;" in made and "<study>" not in made


def test_the_width_of_a_picture_is_read_from_its_head():
    assert png_width((ROOT / "reference/default/figures/headline.png").read_bytes()) == 1880 and png_width(PNG) == 0


@pytest.mark.parametrize("path", sorted((ROOT / "report").glob("*.rst")), ids=lambda path: path.stem)
def test_every_caption_is_faultless(path, configuration):
    text = caption_html(path.read_text(), configuration)
    assert "<p>" in text and "system-message" not in text and "{{" not in text


@pytest.fixture(scope="module")
def configuration():
    return yaml.safe_load((ROOT / "config.yaml").read_text())


def test_a_faulty_caption_is_no_caption():
    with pytest.raises(ValueError, match="Inline"):
        caption_html("A *broken caption.", {})


def test_findings_become_html_without_their_beginning():
    text = "# T\n\n<!-- headline:begin -->\nold\n<!-- headline:end -->\n## A\n\n- one **b** `c`\n- <two>\n\n"
    text += "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    made = markdown_html(text)
    assert "old" not in made and "<li>one <b>b</b> <code>c</code></li><li>&lt;two&gt;</li>" in made
    assert "<tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr>" in made and "<h4>A</h4>" in made


def landing_page(record: Path) -> str:
    """Return the report of a committed record as far as its first screen, with the real figure, answer and caption."""
    frame = {name: read_table(record / f"tables/{name}.csv") for name in FIRST}
    tasks = [name for name in frame["relative_errors"]["task"].unique() if not name.startswith("control_")]
    settings = {"corpus": "zinc", "aggregate": tasks, "split": "scaffold", "gain_margin": 0.01}
    caption = caption_html(
        (ROOT / "report/headline.rst").read_text(), yaml.safe_load((ROOT / "config.yaml").read_text())
    )
    figure = record / "figures/headline.png"
    findings = markdown_html((record / "findings.md").read_text())
    shown = [Shown(figure, "Answer", "headline", caption), Shown(record / "figures/loss.png", "Loss", "loss", "")]
    return report_page(record.name, as_html(beginning(frame, settings)), figure, findings, shown, "workflow.html")


@pytest.mark.skipif(BROWSER is None, reason="no chromium, chromium-browser or google-chrome is installed")
@pytest.mark.parametrize("width", [1400, 500])
@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.name)
def test_a_browser_shows_answer_strength_and_advice_without_a_scroll(record, tmp_path, width):
    script = """<script>
    const bottom = (name) => Math.round(document.querySelector(name).getBoundingClientRect().bottom);
    document.title = [document.documentElement.scrollWidth, innerWidth, bottom(".so-what"), bottom(".strength"),
    bottom("section img"), document.querySelector("section img").width,
    document.querySelector("section img").naturalWidth].join(" ")</script></body>"""
    page = tmp_path / "report.html"
    page.write_text(landing_page(record).replace("</body>", script))
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    command += [f"--user-data-dir={tmp_path}", "--hide-scrollbars", f"--window-size={width},900", "--dump-dom"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, timeout=120,
                          env=os.environ | {"HOME": str(tmp_path)})  # fmt: skip
    overflow, inner, *bottoms, wide, natural = map(int, re.search(r"<title>([\d ]+)</title>", done.stdout)[1].split())
    assert "Fine-tuned (" in done.stdout and "How to read this figure" in done.stdout and "CONSOLE" not in done.stderr
    assert inner == width and overflow <= inner
    assert width > 900 or wide >= int(LEAST * natural)  # letters stay readable, the figure scrolls in its box
    assert width < 900 or all(0 < bottom <= 900 for bottom in bottoms), bottoms
