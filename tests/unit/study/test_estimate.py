"""Hours before submission: tokens of a trunk by hand, measured rates before stated ones, an error without either."""

import csv
from pathlib import Path

import pytest
from clm.provenance.command import UserError
from clm.study import grid
from clm.study.grid import Trunk
from clm.study.merge import merged, read_configuration
from clm.study.resolved import resolved_configuration
from estimate_cost import LENGTH, estimate, estimate_cost, jobs, parameters, trunk_tokens
from plan_study import plan_study
from preview_run import preview_run
from test_configuration import DEFAULT

ROOT = Path(__file__).resolve().parents[3]


def test_tokens_of_a_trunk_are_its_constant_part_and_its_decays():
    config = merged(DEFAULT, {"pretraining": {"decay_fraction": 0.2}, "grid": {"budgets": {"100k": 100_000}}})
    trunk = Trunk("zinc", "60k", "2k", 0, ("100k", "200k"))
    assert trunk_tokens(config, trunk) == 160_000 + 20_000 + 40_000


def test_overlays_are_merged_key_by_key():
    assert merged({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": 3}, "d": [2]}) == {"a": {"b": 3, "c": 2}, "d": [2]}


def test_a_stated_rate_gives_hours_in_proportion():
    slow, fast = (float(estimate(DEFAULT, rate, [])[-1].split()[1]) for rate in (1e9, 2e9))
    scoring = float(estimate(DEFAULT, 1e18, [])[-1].split()[1])
    assert (slow - scoring) / (fast - scoring) == pytest.approx(2, rel=0.01)


def test_a_study_with_a_base_pretrains_nothing():
    reusing = merged(DEFAULT, {"study": "mine", "base": "default"})
    assert [line.split()[3] for line in estimate(reusing, 1e9, [])[1:-1]] == ["0.000"] * len(grid.sizes(DEFAULT))
    assert {stage for stage, _ in jobs(DEFAULT)[0]} - {stage for stage, _ in jobs(reusing)[0]} == {"sweep"}


def test_the_study_of_one_gpu_is_as_large_as_promised():
    config = read_configuration(*(ROOT / name for name in ("catalogue.yaml", "config.yaml", "studies/gpu.yaml")))
    found = [parameters(config["sizes"][name]) for name in grid.sizes(config)]
    assert 6 <= len(found) <= 8 and min(found) < 1e5 and max(found) > 1e8
    assert all(len(trunk.budgets) >= 4 for trunk in grid.trunks(config))
    molecules = [config["subsets"][subset] for corpus, subset in grid.subsets(config) if corpus == "zinc"]
    assert min(molecules) == 10_000 and max(molecules) == 1_580_000 and len(grid.corpora(config)) == 2
    assert len(config["transfer"]["tasks"]) >= 12 and len(config["transfer"]["fine_tuning"]["seeds"]) == 5
    training = sum(float(line.split()[3]) for line in estimate(config, 4e14, [])[1:-1])
    assert training * 3600 < 0.25 * 20 * 60, "operations alone take a quarter of the twenty minutes at most"


def test_fine_tuning_and_curvature_are_counted_in_tokens_of_training():
    change = {"fine_tuning": {"splits": {"scaffold": [0, 1]}, "seeds": [0, 1, 2], "steps": 10, "batch_molecules": 5}}
    shape = {
        "batches": 2,
        "molecules_per_batch": 3,
        "probes_per_batch": 4,
        "max_products": 5,
        "draws": 6,
        "rhos": [0.1],
    }
    count, tokens = jobs(merged(DEFAULT, {"transfer": change, "curvature": shape}))
    assert tokens["fine_tuned", "60k"] / count["fine_tuned", "60k"] == 10 * 5 * LENGTH * 3 * 2
    assert tokens["curvature", "60k"] / count["curvature", "60k"] == 2 * 3 * LENGTH * (2 * (4 + 5) + 6 / 3)


def test_what_was_measured_counts_before_what_is_stated(tmp_path):
    path = tmp_path / "costs.csv"
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, ["stage", "job", "wall_seconds", "tokens_per_second"])
        writer.writeheader()
        for size in ("60k", "150k", "300k", "800k"):
            job = f"zinc/{size}/64k/seed0"
            writer.writerow(
                {"stage": "pretraining", "job": f"{job}/1300k", "wall_seconds": 9, "tokens_per_second": 1000}
            )
            for stage in ("linear_probe", "fine_tuned", "curvature"):
                writer.writerow({"stage": stage, "job": f"{job}/bace", "wall_seconds": 36})
    lines = estimate(DEFAULT, None, [path])
    for line in lines[1:-1]:  # sizes that are fine-tuned have their rates chosen
        counted = "tuning, sweep" if line.split()[0] in ("60k", "800k") else "sweep"
        assert line.endswith(f"training measured, counted: {counted}")
    row = lines[1].split()
    assert float(row[3]) == pytest.approx(int(row[2].replace(",", "")) / 1000 / 3600, abs=1e-3)
    with pytest.raises(UserError, match="no rate for size 60k"):
        estimate(DEFAULT, None, [])


def test_parameters_are_those_of_the_layers():
    assert parameters({"layers": 2, "width": 48}) == 2 * (12 * 48**2 + 13 * 48)


TOOLS = [estimate_cost, preview_run, lambda overlays: plan_study(Path("results/default"), overlays)]


@pytest.mark.parametrize("tool", TOOLS, ids=["estimate_cost", "preview_run", "plan_study"])
@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "no such file; name an overlay"),
        ("- esol", "holds no keys of the configuration but a list"),
        ("transfer: [esol", "cannot be read (while parsing"),
        ("curvature: {batchs: 3}", "curvature: unknown key 'batchs' (did you mean 'batches'?)"),
    ],
)
def test_an_overlay_that_no_run_could_use_ends_a_tool_with_one_line(tmp_path, monkeypatch, tool, content, told):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("mine.yaml").write_text(content)
    with pytest.raises(UserError) as error:
        tool([Path("mine.yaml")])
    message = str(error.value)
    assert told in message and "\n" not in message and ("batchs" in told or message.startswith("mine.yaml: "))


def test_files_of_a_study_of_another_folder_need_not_be_there(tmp_path):
    own = "{file: data/own.csv, smiles: smiles, labels: [y], kind: regression}"
    (tmp_path / "mine.yaml").write_text(f"tasks: {{own: {own}}}\ntransfer: {{tasks+: [own]}}")
    assert estimate_cost([tmp_path / "mine.yaml"], flops=1e9)[-1].startswith("total ")
    with pytest.raises(UserError, match="data/own.csv does not exist"):
        resolved_configuration([tmp_path / "mine.yaml"])
