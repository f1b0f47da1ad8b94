"""Packed rows: every molecule once per epoch, little padding, and no molecule that feels its neighbours."""

from itertools import chain, islice, pairwise, product

import numpy as np
import pytest
import torch
from clm.models.build import load_model
from clm.training.batch_loader import BatchLoader
from clm.training.masks import Corruption
from clm.training.packed_rows import IGNORE_INDEX, gather_rows, row_width, slice_batch
from clm.training.packing import WINDOW, batch_stream, count_visits, fill, pack_rows, resume_stream
from clm.training.trainer import Trainer
from models import VOCABULARY, random_shard, small_model
from test_training import SETTINGS

WIDTH = 40


def lengths_of(molecules, seed=0):
    """Lengths as those of ZINC in rows of 128 tokens, a few of them as long as a row."""
    rng = np.random.default_rng(seed)
    return np.where(
        rng.random(molecules) < 0.01, WIDTH, rng.normal(12, 2, molecules).round().clip(3, WIDTH).astype(int)
    )


@pytest.mark.parametrize("molecules", [1, 2, 10, 500, 3000])
@pytest.mark.parametrize("rows", [1, 20])
def test_every_epoch_sees_every_molecule_once_however_large_the_batch(molecules, rows):
    lengths, visits = lengths_of(molecules), np.zeros(molecules, int)
    for batch in batch_stream(lengths, WIDTH, rows, 0):
        for row in batch:
            np.add.at(visits, row, 1)
            assert np.ptp(visits) <= 2
            epoch, into = divmod(int(visits.sum()), molecules)
            # Those that waited in the window at the edge of an epoch are the only ones that may not have been seen
            assert (visits < epoch).sum() <= WINDOW
            assert into < WINDOW * 4 or visits.min() >= epoch
            assert (visits > epoch).sum() <= into + WINDOW
        if visits.sum() > 5 * molecules + WINDOW * 4:
            return


def test_a_batch_smaller_than_the_subset_repeats_no_molecule_within_an_epoch():
    lengths, order = lengths_of(500), np.zeros(500, int)
    taken = 0
    for batch in islice(batch_stream(lengths, WIDTH, 20, 0), 80):
        molecules = np.array(list(chain.from_iterable(batch)))
        before, taken = taken, taken + len(molecules)
        edge = (before - WINDOW) // 500 != (taken + WINDOW * 4) // 500
        assert edge or len(np.unique(molecules)) == len(molecules)
        order[molecules] += 1
    assert np.ptp(order) <= 2 and taken > 4 * 500


def test_rows_hold_whole_molecules_with_little_padding_and_nothing_waits_long():
    lengths = lengths_of(5000)
    rows = list(islice(pack_rows(lengths, WIDTH, 0), 1400))
    tokens = [lengths[row].sum() for row in rows]
    assert max(tokens) <= WIDTH and np.sum(tokens) > 0.93 * WIDTH * len(rows)
    order = np.random.default_rng([0, 0]).permutation(5000)
    entered, place = 0, {molecule: i for i, molecule in enumerate(order)}
    for row in rows:
        assert all(abs(place[molecule] - entered) <= WINDOW * 4 for molecule in row)
        entered += len(row)


def test_a_row_is_filled_by_the_best_of_the_window():
    rng = np.random.default_rng(0)
    for _ in range(200):
        sizes = rng.integers(3, 30, rng.integers(1, 9)).tolist()
        places = fill(sizes, WIDTH)
        assert places[-1] == 0 and all(a > b for a, b in pairwise(places))
        subsets = (sizes[0] + np.dot(chosen, sizes[1:]) for chosen in product((0, 1), repeat=len(sizes) - 1))
        assert sum(sizes[place] for place in places) == max(total for total in subsets if total <= WIDTH)
    assert fill([10, 20, 10, 30], WIDTH) == [2, 1, 0], "the oldest go first"


def test_the_stream_is_repeated_and_continued_and_its_visits_are_counted():
    lengths = lengths_of(300)
    stream = list(islice(batch_stream(lengths, WIDTH, 3, 0), 60))
    assert list(islice(resume_stream(lengths, WIDTH, 3, 0, 40), 20)) == stream[40:]
    assert stream != list(islice(batch_stream(lengths, WIDTH, 3, 1), 60))
    counted = np.bincount(list(chain.from_iterable(chain.from_iterable(stream))), minlength=300)
    assert (count_visits(lengths, WIDTH, 180, 0) == counted).all() and counted.sum() > 300


def packed(shard, rows, width=WIDTH):
    """Return rows of molecules, given as lists, unmasked."""
    molecules = np.array(list(chain.from_iterable(rows)))
    counts = list(map(len, rows))
    return gather_rows(shard.tokens, shard.offsets[molecules], shard.lengths[molecules], counts, width)


def test_rows_are_the_molecules_one_behind_the_other():
    shard = random_shard(50)
    rows = list(islice(pack_rows(shard.lengths, WIDTH, 0), 9))
    ids, segments, places = packed(shard, rows)
    sequences, number = list(shard.sequences()), 0
    for row, molecules in enumerate(rows):
        expected = np.concatenate([sequences[molecule] for molecule in molecules])
        assert (ids[row, : len(expected)] == expected).all() and not ids[row, len(expected) :].any()
        assert not segments[row, len(expected) :].any() and not places[row, len(expected) :].any()
        for molecule in molecules:
            number += 1
            assert (places[row][segments[row] == number] == np.arange(shard.lengths[molecule])).all()
            assert (ids[row][segments[row] == number] == sequences[molecule]).all()


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packed_logits_and_gradients_are_those_of_single_molecules(tmp_path, attention):
    shard, model = random_shard(30), load_model(small_model(tmp_path), attention).double()
    rows = list(islice(pack_rows(shard.lengths, WIDTH, 0), 5))
    corrupted, positions = (whole := packed(shard, rows)).ids, np.flatnonzero(whole.ids >= 5)[::3]
    batch = slice_batch(whole, corrupted, positions, range(5))
    together = model.forward_packed(*batch[:4])
    (together**3).sum().backward()
    gradients = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    sequences, alone = list(shard.sequences()), []
    for number, molecule in enumerate(chain.from_iterable(rows), start=1):
        own = whole.places.ravel()[positions][whole.segments.ravel()[positions] == number]
        ids = torch.from_numpy(sequences[molecule].astype(np.int64))[None]
        alone.append(model(ids, None, torch.from_numpy(own)))
    (torch.cat(alone) ** 3).sum().backward()
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-10, atol=1e-12)
    for found, parameter in zip(gradients, model.parameters(), strict=True):
        torch.testing.assert_close(found, parameter.grad, rtol=1e-8, atol=1e-10)


def test_a_neighbour_changes_no_loss(tmp_path):
    shard, model = random_shard(30, longest=12), load_model(small_model(tmp_path))
    losses = []
    for other in (1, 2, 3):
        whole = packed(shard, [[0, other], [4]])
        positions = np.flatnonzero((whole.segments == 1) & (whole.ids >= 5))
        batch = slice_batch(whole, whole.ids, positions, range(2))
        with torch.no_grad():
            losses.append(torch.nn.functional.cross_entropy(model.forward_packed(*batch[:4]), batch.targets))
    assert len({int(n) for n in shard.lengths[1:4]}) > 1, "neighbours of different lengths"
    torch.testing.assert_close(torch.stack(losses), losses[0].expand(3), rtol=1e-6, atol=0)


@pytest.mark.parametrize("pad_targets", [False, True])
def test_all_steps_have_one_shape_and_mask_the_share_of_their_tokens(tmp_path, pad_targets):
    shard, model = random_shard(300), load_model(small_model(tmp_path))
    loader = BatchLoader(shard, model.config, SETTINGS, 0, pad_targets=pad_targets)
    for step in islice(loader.iterate_from(0), 30):
        (batch,) = step.micro_batches
        assert batch.ids.shape == (SETTINGS["batch_tokens"] // WIDTH, WIDTH) == (3, row_width(model.config))
        assert int((batch.segments > 0).sum()) == step.lengths.sum() and batch.segments.max() == len(step.lengths)
        real = step.lengths.sum() - 2 * len(step.lengths)
        assert step.masked == round(0.15 * real) == int((batch.targets != IGNORE_INDEX).sum())


def test_a_molecule_longer_than_a_row_is_refused(tmp_path):
    with pytest.raises(ValueError, match="41 tokens does not fit into a row of 40"):
        Trainer(load_model(small_model(tmp_path)), random_shard(3, shortest=39, longest=40), SETTINGS, 3)


def test_visits_of_a_checkpoint_are_those_of_its_steps(tmp_path):
    trainer = Trainer(load_model(small_model(tmp_path)), random_shard(40), SETTINGS, 3)
    lengths = [trainer.next_batch().lengths for _ in range(25)]
    visits = trainer.loader.count_visits(25)
    assert visits.sum() == sum(map(len, lengths)) and (visits * trainer.shard.lengths).sum() == sum(map(sum, lengths))
    assert np.ptp(visits) <= 2 and visits.min() >= 3


def test_corruption_leaves_padding_alone():
    whole = packed(random_shard(50), [[0], [1]])
    corrupted, positions = Corruption(0.5, 0.8, 0.1).draw(whole.ids, VOCABULARY, np.random.default_rng(0))
    assert not corrupted[whole.segments == 0].any() and (whole.segments.ravel()[positions] > 0).all()
