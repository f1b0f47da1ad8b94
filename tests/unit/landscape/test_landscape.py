"""Directions, surfaces, barriers and principal components by known answers."""

import json

import map_parameters
import numpy as np
import pandas as pd
import pytest
import torch
from clm.landscape.directions import filter_normalized
from clm.landscape.parameters import flatten, principal_components, random_walk
from clm.landscape.surface import barrier, loss_surface
from clm.provenance.command import UserError
from safetensors.numpy import save_file


def test_rows_of_a_direction_are_as_long_as_rows_of_the_weights():
    weights = [torch.randn(4, 6) * torch.tensor([1.0, 5.0, 0.0, 2.0])[:, None], torch.ones(3)]
    matrix, vector = filter_normalized(weights, 0)
    torch.testing.assert_close(matrix.norm(dim=1), weights[0].norm(dim=1))
    assert not vector.any()
    doubled = filter_normalized([2 * weights[0], weights[1]], 0)[0]
    torch.testing.assert_close(doubled, 2 * matrix)


def test_surface_of_a_quadratic():
    w = torch.nn.Parameter(torch.tensor([0.0, 0.0]))
    directions = ([torch.tensor([1.0, 0.0])], [torch.tensor([0.0, 1.0])])
    values = loss_surface([w], directions, lambda: float(w[0] ** 2 + 3 * w[1] ** 2), [-1.0, 0.0, 1.0])
    assert values.tolist() == [[4, 1, 4], [3, 0, 3], [4, 1, 4]] and not w.detach().any()


def test_barrier_of_a_double_well_and_of_a_valley():
    a = np.linspace(0, 1, 101)
    double_well = 16 * a**2 * (1 - a) ** 2 + a
    assert barrier(double_well) == pytest.approx(1.0, abs=1e-6)
    assert barrier((a - 0.5) ** 2) == pytest.approx(0, abs=1e-12)


def test_components_of_points_on_a_line():
    rows = np.outer([0.0, 1.0, 2.0, 5.0], np.ones(50))
    coordinates, share = principal_components(rows)
    assert share[0] == pytest.approx(1)
    np.testing.assert_allclose(np.diff(coordinates[:, 0]) / np.sqrt(50), [1, 1, 3], atol=1e-9)


def test_components_keep_distances_of_a_plane():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((6, 2)) @ rng.standard_normal((2, 300))
    coordinates, share = principal_components(rows)
    assert share.sum() == pytest.approx(1)
    np.testing.assert_allclose(
        np.linalg.norm(coordinates[0] - coordinates[3]), np.linalg.norm(rows[0] - rows[3]), rtol=1e-9
    )


def test_permuted_units_are_another_point():
    weights = {"a": np.random.default_rng(0).standard_normal((4, 4))}
    coordinates, _ = principal_components(flatten([weights, {"a": weights["a"][::-1]}, weights]))
    assert np.linalg.norm(coordinates[0] - coordinates[1]) > 1 and np.allclose(
        coordinates[0], coordinates[2], atol=1e-6
    )


def test_two_architectures_have_no_common_map():
    with pytest.raises(UserError, match="another architecture"):
        flatten([{"a": np.zeros((2, 2))}, {"a": np.zeros((3, 2))}])


def test_random_walk_has_the_steps_of_the_path_and_draws_an_arc():
    rng = np.random.default_rng(0)
    path = np.cumsum(rng.standard_normal((12, 400)) * np.arange(1, 13)[:, None], axis=0)
    parents = [0, *range(11)]
    walk = random_walk(path, parents, 1)
    steps = [np.linalg.norm(rows[1:] - rows[:-1], axis=1) for rows in (path, walk)]
    np.testing.assert_allclose(*steps)
    assert principal_components(walk)[1].sum() > 0.5


def test_map_of_a_trunk_tells_its_points_and_its_walk_keeps_their_steps(tmp_path):
    rng = np.random.default_rng(0)
    values = np.cumsum(rng.standard_normal((3, 40)) * [[1], [3], [2]], axis=0).astype(np.float32)
    files = [tmp_path / f"{i}.safetensors" for i in range(3)]
    for file, row in zip(files, values, strict=True):
        save_file({"roberta_prelayernorm.w": row, "head": rng.standard_normal(5)}, file)
    config = {"budgets": ["1k"], "tasks": ["esol"], "seed": 0}
    start, checkpoint, endpoint = files
    map_parameters.map_parameters(
        start, [checkpoint], [endpoint], config, tmp_path / "points.csv", tmp_path / "variance.json"
    )
    table = pd.read_csv(tmp_path / "points.csv", dtype={"budget": str}, keep_default_na=False)
    assert table.kind.tolist() == ["initial", "checkpoint", "finetuned"]
    assert table.budget.tolist() == ["0", "1k", "1k"] and table.task.tolist() == ["", "", "esol"]
    steps = np.linalg.norm(np.diff(values.astype(float), axis=0), axis=1)
    for columns in (["pc1", "pc2"], ["walk1", "walk2"]):  # three points lie in a plane, so distances are exact
        np.testing.assert_allclose(np.linalg.norm(np.diff(table[columns].to_numpy(), axis=0), axis=1), steps, rtol=1e-6)
    told = json.loads((tmp_path / "variance.json").read_text())
    assert sum(told["explained_variance"]) == pytest.approx(1) == sum(told["null_explained_variance"])
