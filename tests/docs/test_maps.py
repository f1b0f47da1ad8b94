"""CONTRIBUTING.md and docs/ARCHITECTURE.md name only what exists, and the map leaves nothing out."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAP = ROOT / "docs" / "ARCHITECTURE.md"
PAGES = [ROOT / "CONTRIBUTING.md", MAP]
FOLDERS = "bench config docs envs profiles reference report rules schemas scripts studies tests".split()
FILES = "Snakefile Makefile config.yaml catalogue.yaml README.md CHANGELOG.md .ci/run".split()


def spans(page: Path) -> list[str]:
    """Return what stands between backquotes."""
    return re.findall(r"`([^`\n]+)`", page.read_text())


def named_paths(page: Path) -> set[str]:
    """Return the paths of this repository that a page names: alone, in a command, or as a link."""
    words = [word for span in spans(page) for word in span.split()]
    below = tuple(f"{folder}/" for folder in FOLDERS)
    found = {word for word in words if word.startswith(below) or word in FILES}
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
        found.add(str((page.parent / target).resolve().relative_to(ROOT)))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page):
    named = named_paths(page)
    assert len(named) > 30 and sorted(path for path in named if not (ROOT / path).exists()) == []


def test_a_path_that_does_not_exist_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr("test_maps.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "See `rules/no.smk`, `snakemake -n --configfile studies/no.yaml` and [that](docs/NO.md), not `no/x`."
    )
    assert named_paths(page) == {"rules/no.smk", "studies/no.yaml", "docs/NO.md"}


def test_every_room_and_rule_file_is_on_the_map():
    library = {path.parent for path in (ROOT / "scripts" / "clm").glob("*/**/*.py")}
    stages = {path.parent for path in (ROOT / "scripts").glob("*/*.py")} - {ROOT / "scripts" / "clm"}
    places = library | stages | set((ROOT / "rules").rglob("*.smk")) | set((ROOT / "scripts").glob("*.py"))
    missing = {str(path.relative_to(ROOT)) for path in places} - named_paths(MAP)
    assert missing == set()


def test_the_map_names_every_folder_of_tests():
    folders = {f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if any(path.glob("test_*.py"))}
    assert folders | {"tests/unit"} <= named_paths(MAP)


def test_names_that_recipes_quote_exist_in_the_files_that_they_name():
    """A recipe says `file`: then `NAMES` of it, as in "a row of `OPTIMIZERS`"."""
    contents = "\n".join(path.read_text() for folder in ("rules", "scripts", "tests") for path in
                         (ROOT / folder).rglob("*") if path.suffix in (".py", ".smk"))  # fmt: skip
    names = {span for span in spans(PAGES[0]) if re.fullmatch(r"[A-Z_]{4,}|[a-z]+_[a-z_]+", span)}
    assert len(names) > 8 and {name for name in names if not re.search(rf"\b{name}\b", contents)} == set()


def test_quoted_keys_are_keys_of_the_configuration():
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    keys = {span for span in spans(PAGES[0]) if re.fullmatch(r"(pretraining|tokenizer|grid|transfer)(\.\w+)+", span)}
    for key in keys:
        value = config
        for part in key.split("."):
            value = value[part]
    assert len(keys) > 3


def test_pages_stay_short_and_the_glossary_is_in_order():
    assert all(len(page.read_text().splitlines()) <= 200 for page in PAGES)
    terms = re.findall(r"^\| ([\w -]+) \|", MAP.read_text().split("## Glossary")[1], flags=re.M)[1:]
    assert len(terms) > 30 and terms == sorted(terms)
    assert {"trunk", "budget", "cell", "size", "subset", "corpus", "panel", "linear probe", "draw", "regret"} <= set(
        terms
    )
