"""A study that reuses the checkpoints of another: links where both agree, one line per key where they do not."""

import copy
import os
from pathlib import Path

import pytest
import yaml
from clm.provenance.files import write_json
from clm.study.base import REUSED, all_checkpoints, make_links, remove_links, reuse_base
from clm.study.differences import differences
from clm.study.grid import Checkpoint, sizes, untrained
from clm.study.merge import read_configuration
from clm.study.paths import checkpoint
from clm.study.validate import ConfigurationError, resolve_config

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = yaml.safe_load((ROOT / "schemas" / "config.schema.yaml").read_text())
TINY = read_configuration(*(ROOT / name for name in ("catalogue.yaml", "config.yaml", "studies/tiny.yaml")))
resolve_config(TINY, SCHEMA)
# A change of the study and what is said of it
REFUSED = [
    (("tokenizer", "kind"), "characters", 'tokenizer.kind: "characters", but "atoms" in study tiny'),
    (("tokenizer", "max_tokens"), 90, "tokenizer.max_tokens: 90, but 96 in study tiny"),
    (("pretraining", "mask_fraction"), 0.4, "pretraining.mask_fraction: 0.4, but 0.3 in study tiny"),
    (("pretraining", "optimizer", "name"), "sgd", 'pretraining.optimizer.name: "sgd", but "adamw" in study tiny'),
    (("corpora", "zinc", "sample_fraction"), 0.5, "corpora.zinc.sample_fraction: 0.5, but 0.03 in study tiny"),
    (("corpora", "zinc", "decontaminate"), ["dili"], 'corpora.zinc.decontaminate: ["dili"], but [] in study tiny'),
    (("sources", "molsets", "sha256"), "0" * 64, f'sources.molsets.sha256: "{"0" * 64}", but "7f44'),
    (("subsets", "t900"), 800, "subsets.t900: 800, but 900 in study tiny"),
    (("sizes", "25k", "learning_rate"), 0.02, "sizes.25k.learning_rate: 0.02, but 0.01 in study tiny"),
    (("sizes", "25k", "layers"), 3, "sizes.25k.layers: 3, but 2 in study tiny"),
    (("grid", "budgets", "t20k"), 30000, "grid.budgets.t20k: 30000, but 20000 in study tiny"),
    (("base",), "mine", "base: mine is this study itself"),
    (("base",), "nothing", "base: results/nothing/provenance.json does not exist; run study nothing to its end first"),
]


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A study that reuses the tiny one, of which there are just the files that are looked for."""
    monkeypatch.chdir(tmp_path)
    folder = Path("results", "tiny")
    cells = all_checkpoints(TINY) + [Checkpoint(trunk, "0") for trunk in untrained(TINY)]
    for path in [checkpoint(folder, cell) / "metrics.json" for cell in cells]:
        path.parent.mkdir(parents=True)
        path.touch()
    (folder / "pretrain" / "rates").mkdir()
    for size in sizes(TINY):
        (folder / "pretrain" / "rates" / f"{size}.json").touch()
    write_json(folder / "provenance.json", {"config": TINY, "jobs": {}, "outputs": {}})
    return copy.deepcopy(TINY) | {"study": "mine", "base": "tiny"}


def reuse(config):
    reuse_base(config, SCHEMA, Path("results"), ROOT / "studies")


def refusal(config):
    with pytest.raises(ConfigurationError) as error:
        reuse(config)
    return str(error.value)


def test_the_folders_of_the_base_are_linked_once_and_wherever_the_results_move(mine, tmp_path, monkeypatch):
    mine["transfer"]["tasks"] = ["dili"]
    mine["curvature"]["batches"] = 9
    mine["sizes"]["25k"]["memory_mb"] = 9000
    mine["tokenizer"]["bpe_vocabulary"] = 9  # of another kind of tokens
    mine["sizes"]["25m"] = mine["sizes"]["25k"] | {"layers": 9}  # of no trunk
    reuse(mine)
    reuse(mine)
    (tmp_path / "results").rename(tmp_path / "moved")
    assert {path.name: os.readlink(path) for path in (tmp_path / "moved" / "mine").iterdir()} == {
        name: f"../tiny/{name}" for name in REUSED
    }
    assert (tmp_path / "moved" / "mine" / "pretrain" / "rates" / "25k.json").is_file()


def test_links_of_a_study_that_made_nothing_are_taken_away_and_those_of_one_that_did_stay(mine):
    own = Path("results", "mine")
    remove_links(own, make_links(own, "tiny"))
    assert not own.exists() and Path("results", "tiny", "pretrain", "rates").is_dir()
    made = make_links(own, "tiny")
    (own / "logs").mkdir()
    remove_links(own, made)
    assert all((own / name).is_symlink() for name in REUSED) and make_links(own, "tiny") == []


def test_a_study_without_a_base_makes_no_folder(mine):
    reuse(mine | {"base": None})
    assert not Path("results", "mine").exists()


@pytest.mark.parametrize(("path", "value", "told"), REFUSED, ids=[".".join(path) for path, *_ in REFUSED])
def test_what_was_pretrained_in_another_way_is_refused_with_the_key_and_both_values(mine, path, value, told):
    place = mine
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert told in refusal(mine) and not Path("results", "mine").exists()


def test_another_set_of_corpora_is_refused(mine):
    more = mine["corpora"] | {"other": mine["corpora"]["zinc"]}
    assert "corpora.other: {" in refusal(mine | {"corpora": more})


def test_a_missing_checkpoint_is_told_with_the_command_that_makes_it(mine):
    lost = Path("results", "tiny", "pretrain", "zinc", "3k", "t300", "seed0", "t10k", "metrics.json")
    lost.unlink()
    assert f"run `snakemake --configfile studies/tiny.yaml -- {lost}`" in refusal(mine)
    lost.touch()
    mine["grid"]["trunks"][1]["seeds"] = [0, 7]
    told = refusal(mine)
    assert "grid.trunks: 4 of the results" in told and "zinc/25k/t900/seed7/t20k/metrics.json" in told


def test_a_study_of_another_base_or_with_results_of_its_own_is_refused(mine):
    own = Path("results", "mine", "pretrain")
    own.mkdir(parents=True)
    assert f"base: {own} is of another run" in refusal(mine)
    own.rmdir()
    reuse(mine)
    for base, told in (("other", "is of another run"), (None, "is a link to what study tiny has; give `base: tiny`")):
        assert told in refusal(mine | {"base": base})
    further = {"config": TINY | {"study": "second", "base": "tiny"}, "jobs": {}, "outputs": {}}
    Path("results", "second").mkdir()
    write_json(Path("results", "second", "provenance.json"), further)
    assert "give `base: tiny`" in refusal(mine | {"study": "third", "base": "second"})
    Path("results", "second", "provenance.json").write_text("{")
    assert "base: results/second/provenance.json: damaged" in refusal(mine | {"study": "third", "base": "second"})


def test_differences_are_told_by_key():
    ours, theirs = {"a": {"b": 1, "c": [1]}, "d": 8}, {"a": {"b": 2, "c": [1]}, "d": 8.0, "e": "x"}
    assert list(differences(ours, theirs)) == [("a.b", "1", "2"), ("e", "nothing", '"x"')]
