import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from clm.chemistry.identity import canonical_smiles, identity
from clm.tables.descriptors import DESCRIPTORS, DISTANCE, LABEL, OVERLAP
from clm.tasks.descriptors import activity_cliff_fraction, describe, graph_diameter, label_noise
from clm.tasks.distance import distance
from clm.tasks.fingerprints import ecfp_bits, hash_sample, tanimoto_distances
from clm.tasks.roughness import rogi_xd, scaled_euclidean
from clm.tasks.table import Task
from measure_distance import measure_distance
from rdkit import Chem, DataStructs
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist


@pytest.mark.parametrize(
    ("smiles", "expected"),
    [
        ("CCCCCC", 5),
        ("c1ccccc1", 3),
        ("CCCCCC.[Na+]", 5),
        ("CC.CCCC.CCC", 3),
        ("C", 0),
        ("[2H]C([2H])([2H])C", 1),
        ("[H][H]", 0),
        ("C#N", 1),
        ("C1CC1CC=O", 4),
    ],
)
def test_graph_diameter_is_the_longest_shortest_path_of_heavy_atoms(smiles, expected):
    assert graph_diameter(Chem.MolFromSmiles(smiles)) == expected


def test_label_noise_pools_the_spread_within_equal_molecules():
    assert label_noise(["C", "C", "CC", "CC", "CC", "O"], np.array([1, 3, 0, 3, 6, 100.0])) == (
        pytest.approx(np.sqrt((2 + 18) / 3)),
        2,
    )
    assert label_noise(["C", "C", "O"], np.array([1, np.nan, 2.0])) == (None, 0)


def reference_rogi_xd(x, y):
    """ROGI-XD written out from the paper, cluster by cluster."""
    y = (y - y.min()) / (y.max() - y.min())
    distances = pdist(x) / np.sqrt(((x.max(axis=0) - x.min(axis=0)) ** 2).sum())
    tree = linkage(distances, "complete")
    steps, last = [], -1.0
    for height in tree[:, 2]:
        if height >= last + 0.01:
            steps.append(height)
            last = height
    spreads, counts = [2 * y.std()], [len(y)]
    for height in steps:
        cluster = fcluster(tree, height, "distance")
        means = np.array([y[cluster == c].mean() for c in cluster])
        spreads.append(2 * means.std())
        counts.append(len(set(cluster)))
    spreads.append(0.0)
    counts.append(1)
    axis = 1 - np.log(counts) / np.log(len(y))
    area = sum((axis[i + 1] - axis[i]) * (spreads[i] + spreads[i + 1]) / 2 for i in range(len(axis) - 1))
    return spreads[0] - area


@pytest.mark.parametrize("seed", range(3))
def test_roughness_equals_the_written_out_definition(seed):
    generator = np.random.default_rng(seed)
    x, y = generator.random((60, 4)), generator.standard_normal(60)
    assert rogi_xd(scaled_euclidean(x), y) == pytest.approx(reference_rogi_xd(x, y), abs=1e-10)


def test_rough_properties_are_rougher_and_units_do_not_matter():
    x = np.random.default_rng(0).random((300, 2))
    distances = scaled_euclidean(x)
    smooth = rogi_xd(distances, x[:, 0])
    wavy = rogi_xd(distances, np.sin(20 * x[:, 0]))
    noise = rogi_xd(distances, np.random.default_rng(1).random(300))
    assert 0 <= smooth < 0.6 * wavy and smooth < 0.6 * noise
    assert rogi_xd(scaled_euclidean(x * 7), 3 - 5 * x[:, 0]) == pytest.approx(smooth)
    assert rogi_xd(distances, np.ones(300)) is None and rogi_xd(np.zeros(1), np.array([0.0, 1])) is None
    assert np.isfinite(rogi_xd(scaled_euclidean(np.zeros((5, 3))), np.arange(5.0)))


def test_tanimoto_distances_are_condensed_like_pdist():
    bits = ecfp_bits(["CCO", "CCN", "c1ccccc1", "CCO"])
    distances = tanimoto_distances(bits)
    expected = [1 - DataStructs.TanimotoSimilarity(bits[i], bits[j]) for i in range(4) for j in range(i + 1, 4)]
    np.testing.assert_allclose(distances, expected)
    assert distances[2] == 0 and distances[1] == 1


def test_hash_sample_is_nested_and_blind_to_order():
    smiles = [f"C{i}" for i in range(200)]
    chosen = {smiles[i] for i in hash_sample(smiles, 20)}
    assert chosen < {smiles[i] for i in hash_sample(smiles, 50)}
    assert chosen == {smiles[::-1][i] for i in hash_sample(smiles[::-1], 20)}


def test_description_of_a_task():
    smiles = ["c1ccccc1C", "c1ccccc1CC", "CCCC", "CCCC", "CO.[Na]", "c1ccncc1"]
    scaffolds = ["c1ccccc1", "c1ccccc1", "", "", "", "c1ccncc1"]
    labels = np.array([[1.0, 5], [0, 6], [1, 1], [0, 2], [1, np.nan], [1, 7]])
    task = Task(np.arange(6), smiles, smiles, scaffolds, labels, ["a", "b"])
    found = describe(task, "classification")
    assert (found["molecules"], found["unique"]) == (6, 5)
    assert found["scaffold_diversity"] == 0.5 and found["acyclic_fraction"] == 0.5 and found["salt_fraction"] == 1 / 6
    assert found["graph_diameter"] == pytest.approx((4 + 5 + 3 + 3 + 1 + 3) / 6)
    assert found["labels"]["a"]["class_balance"] == pytest.approx(4 / 6)
    b = found["labels"]["b"]
    assert b["molecules"] == 5 and b["variance"] == pytest.approx(np.var([5, 6, 1, 2, 7], ddof=1))
    assert b["label_noise"] == pytest.approx(np.sqrt(0.5)) and b["repeated_molecules"] == 1


def test_distance_to_a_corpus():
    corpus = [pa.array(["CCO", "CCCCN"]), pa.array(["c1ccccc1O"])]
    task = ["CCO", "CCO", "c1ccccc1O"]
    same = distance(task, list(map(identity, task)), corpus)
    assert same["nearest_tanimoto_mean"] == 1 and same["overlap"] == 2 == same["task_molecules"]
    assert same["unseen_token_fraction"] == 0 and same["unseen_tokens"] == []
    task = ["CCO", "CCBr", "C[N+](C)(C)C"]
    other = distance(task, list(map(identity, task)), corpus)
    assert other["overlap_fraction"] == pytest.approx(1 / 3) and other["nearest_tanimoto_mean"] < 1
    # tokens: C C O | C C Br | C [N+] ( C ) ( C ) C; unseen are Br, [N+] and four parentheses
    assert other["unseen_token_fraction"] == pytest.approx(6 / 15)
    assert other["unseen_molecule_fraction"] == pytest.approx(2 / 3)
    assert set(other["unseen_tokens"]) == {"Br", "[N+]", "(", ")"}


def test_overlap_is_of_molecules_whatever_their_spelling():
    task = ["Oc1ccccn1", "*CC(*)Cl", "C[NH2]->[Pt](Cl)Cl", "CCO", "[2H]C", "CC(=O)O.[Na+]"]
    corpus = ["O=c1cccc[nH]1", "*CC(*)Cl", "CN->[Pt](Cl)Cl", "OCC", "C", "CC(=O)O", "C1CCCCN1", "CCBr"]
    corpus = [canonical_smiles(text) for text in corpus]
    task = [canonical_smiles(text) for text in task]
    found = distance(task, list(map(identity, task)), [pa.array(corpus)])
    assert (found["overlap"], found["task_molecules"]) == (4, 6)


def test_measure_distance_reads_a_subset(tmp_path):
    pd.DataFrame({"key": [1, 2], "smiles": ["CCO", "CCC"]}).to_parquet(tmp_path / "2.parquet")
    (tmp_path / "molecules.csv").write_text(
        "row,smiles,source_smiles,scaffold,identity,y\n0,CCO,OCC,,LFQSCWFLJHTTHZ-UHFFFAOYSA-N,1.0\n1,CCCC,CCCC,,b,\n"
    )
    measure_distance(tmp_path / "molecules.csv", tmp_path / "2.parquet", tmp_path / "out.json")
    assert json.loads((tmp_path / "out.json").read_text())["overlap_fraction"] == 0.5


def test_every_declared_descriptor_is_measured():
    task = Task(np.arange(3), ["CCO", "CCN", "CC"], ["CCO", "CCN", "CC"], [""] * 3, np.arange(3.0)[:, None], ["y"])
    told = describe(task, "regression")
    measured = {LABEL: told["labels"]["y"], DISTANCE: distance(["CCO"], ["CCO"], [pa.array(["CCO"])])}
    missing = [d.column for d in DESCRIPTORS if (d.key or d.column) not in measured.get(d.source, told)]
    assert all(column.startswith(OVERLAP) for column in missing), "those of splits: test_skeletons.py"


def cliffs(similarities, y, smiles="abcdefgh"):
    """The share of cliffs among molecules with these similarities, 0 where none is given."""
    distances = 1 - np.eye(len(y))
    for (i, j), similarity in similarities.items():
        distances[i, j] = distances[j, i] = 1 - similarity
    y = np.array(y, float)
    return activity_cliff_fraction(distances, np.array(list(smiles[: len(y)]), dtype=object), y, y)


def test_activity_cliffs_are_similar_neighbours_with_unlike_labels():
    labels = [0, 9, 0, 1, 5, 5, 2, 8]  # SD 3.5
    pairs = {(0, 1): 0.95, (2, 3): 0.9, (4, 5): 0.92, (6, 7): 0.89}
    assert cliffs(pairs, labels) == pytest.approx(1 / 3), "6 and 7 differ, but are not similar enough"
    assert cliffs(pairs | {(6, 7): 0.9}, labels) == pytest.approx(2 / 4)
    chain = {(0, 1): 0.9, (1, 2): 0.99}  # 0 has 1 as its nearest, 1 and 2 each other: two pairs
    assert cliffs(chain, [0, 9, 0, 9]) == 1 and cliffs(chain, [0, 9, 9, 0]) == 0.5
    assert cliffs({(6, 7): 0.89}, labels) is None and cliffs({}, []) is None


def test_equal_molecules_are_no_activity_cliff():
    assert cliffs({(0, 1): 1.0, (1, 2): 0.9, (0, 2): 0.9}, [0, 9, 9, 9], "aabc") == 0.5, "0 and 2 are one, 1 and 2 none"
    assert cliffs({(0, 1): 1.0}, [0, 9, 9, 9], "aabc") is None
    task = Task(
        np.arange(4), ["C[C@H](O)F", "C[C@@H](O)F", "CCO", "CCN"], [], [""] * 4, np.array([[0, 1, 0, 0.0]]).T, ["y"]
    )
    assert describe(task, "classification")["labels"]["y"]["activity_cliff_fraction"] == 1, "the enantiomers"
