from collections import Counter, defaultdict

import numpy as np
import pytest
from clm.tasks.molecules import read_molecule, scaffold_of
from clm.tasks.splits import random_split, scaffold_balanced_split, scaffold_split
from clm.tasks.table import load_split, load_task
from prepare_task import prepare_task
from rdkit import Chem
from rdkit.Chem.Scaffolds.MurckoScaffold import MurckoScaffoldSmiles
from split_task import split_task

RINGS = ["c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccoc1", "c1ccsc1", "C1CCNCC1", "c1ccc2ccccc2c1", "C1CC1", "C1CCC1"]


def molecules(count, seed):
    """Molecules of few scaffolds with unequal frequencies, salts, acyclic ones and repeats written differently."""
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        ring = RINGS[int(generator.zipf(1.6)) % len(RINGS)]
        chain = "C" * int(generator.integers(1, 9))
        text = [ring + chain, chain + "O", ring + chain + ".[Na+].[Cl-]", "O" + chain][int(generator.integers(4))]
        found.append(Chem.MolToSmiles(Chem.MolFromSmiles(text), doRandom=True) if generator.random() < 0.3 else text)
    return found


def reference_scaffold_split(smiles):
    """An independent reading of DeepChem's ScaffoldSplitter: index lists, its comparisons, its sort."""
    scaffolds = defaultdict(list)
    for index, text in enumerate(smiles):
        scaffolds[MurckoScaffoldSmiles(mol=Chem.MolFromSmiles(text), includeChirality=False)].append(index)
    ordered = [rows for _, rows in sorted(scaffolds.items(), key=lambda x: (len(x[1]), x[1][0]), reverse=True)]
    train, valid, test = [], [], []
    for rows in ordered:
        if len(train) + len(rows) > 0.8 * len(smiles):
            if len(train) + len(valid) + len(rows) > (0.8 + 0.1) * len(smiles):
                test += rows
            else:
                valid += rows
        else:
            train += rows
    return train, valid, test


def scaffolds_of(smiles):
    return [scaffold_of(read_molecule(text)[0]) for text in smiles]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("count", [10, 57, 200])
def test_scaffold_split_equals_an_independent_reading_of_deepchem(count, seed):
    for smiles in (molecules(count, seed), molecules(count, seed)[::-1]):
        parts = scaffold_split(scaffolds_of(smiles))
        train, valid, test = reference_scaffold_split(smiles)
        assert [np.flatnonzero(parts == part).tolist() for part in ("train", "valid", "test")] == [
            sorted(train),
            sorted(valid),
            sorted(test),
        ]


def test_tied_scaffolds_are_taken_from_the_last_row_backwards():
    smiles = ["c1ccccc1" + "C" * i for i in range(4)] + ["c1ccncc1" + "C" * i for i in range(3)]
    smiles += ["C1CCCCC1", "c1ccoc1", "c1ccsc1"]
    assert scaffold_split(scaffolds_of(smiles)).tolist() == ["train"] * 7 + ["test", "valid", "train"]
    assert scaffold_split(scaffolds_of(smiles[::-1])).tolist() == ["test", "valid", "train"] + ["train"] * 7


def test_a_set_too_large_for_train_does_not_stop_smaller_ones_from_entering_it():
    # 7 rows fill .7; a tied set of 2 exceeds .8 and .9 of 10 is not exceeded: valid; the single goes back to train
    assert scaffold_split(["a"] * 7 + ["b"] * 2 + ["c"]).tolist() == ["train"] * 7 + ["valid"] * 2 + ["train"]


@pytest.mark.parametrize("seed", range(5))
def test_random_splits_keep_equal_molecules_in_one_part(seed):
    smiles = [Chem.CanonSmiles(text) for text in molecules(300, 1)]
    assert max(Counter(smiles).values()) > 5  # otherwise this could not fail
    scaffolds = scaffolds_of(smiles)
    for parts in (random_split(smiles, smiles, seed), scaffold_balanced_split(scaffolds, smiles, seed)):
        part_of = defaultdict(set)
        for text, part in zip(smiles, parts, strict=True):
            part_of[text].add(part)
        assert all(len(found) == 1 for found in part_of.values())


def test_random_split_has_the_sizes_and_depends_on_the_seed_only():
    smiles = [f"molecule {i}" for i in range(1000)]
    parts = random_split(smiles, smiles, 0)
    assert Counter(parts) == {"train": 800, "valid": 100, "test": 100}
    np.testing.assert_array_equal(parts, random_split(smiles, smiles, 0))
    assert (parts != random_split(smiles, smiles, 1)).mean() > 0.2


def test_balanced_scaffold_split_divides_no_scaffold_and_trains_on_large_ones():
    scaffolds = [f"large {i % 5}" for i in range(100)] + [f"small {i // 2}" for i in range(100)]
    smiles = [f"molecule {i}" for i in range(200)]
    seen = set()
    for seed in range(4):
        parts = scaffold_balanced_split(scaffolds, smiles, seed)
        part_of = defaultdict(set)
        for scaffold, part in zip(scaffolds, parts, strict=True):
            part_of[scaffold].add(part)
        assert all(len(found) == 1 for found in part_of.values())
        assert (parts[:100] == "train").all()
        assert Counter(parts) == {"train": 160, "valid": 20, "test": 20}
        seen.add(tuple(parts))
    assert len(seen) == 4


def write_task(folder, smiles):
    table = folder / "table.csv"
    table.write_text("smiles,y\n" + "".join(f"{text},{i}\n" for i, text in enumerate(smiles)))
    config = {"name": "toy", "kind": "regression", "smiles": "smiles", "labels": ["y"]}
    prepare_task(table, config, folder / "molecules.csv", folder / "summary.json")
    return folder / "molecules.csv"


def test_the_split_is_made_on_source_rows_after_unparsable_ones_are_dropped(tmp_path):
    smiles = molecules(120, 3)
    table = write_task(tmp_path, [*smiles[:40], "C1CC", *smiles[40:]])
    split_task(table, "scaffold", 0, tmp_path / "scaffold-0.csv")
    task = load_task(table, ["y"])
    parts = load_split(tmp_path / "scaffold-0.csv", task.rows)
    assert [parts[part].tolist() for part in parts] == [sorted(rows) for rows in reference_scaffold_split(smiles)]
    assert 40 not in task.rows


def test_a_task_of_one_scaffold_is_all_test_and_says_so(tmp_path, caplog):
    table = write_task(tmp_path, ["C" * i for i in range(1, 21)])
    split_task(table, "scaffold", 0, tmp_path / "scaffold-0.csv")
    assert "leaves train, valid empty: the largest scaffold has 20 of 20" in caplog.text
    parts = load_split(tmp_path / "scaffold-0.csv", load_task(table, ["y"]).rows)
    assert {part: len(rows) for part, rows in parts.items()} == {"train": 0, "valid": 0, "test": 20}
