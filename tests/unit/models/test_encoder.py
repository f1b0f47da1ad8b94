"""The encoder against transformers, operations against torch's counter."""

import numpy as np
import pytest
import torch
from clm.models.build import count_parameters, load_model, save_model
from clm.models.flops import forward_flops, skipped_flops, training_flops
from models import VOCABULARY, small_model
from torch.utils.flop_counter import FlopCounterMode
from transformers import AutoModelForMaskedLM


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_logits_are_those_of_transformers(tmp_path, attention):
    folder = small_model(tmp_path)
    theirs = AutoModelForMaskedLM.from_pretrained(folder).eval()
    ids = torch.randint(5, VOCABULARY, (4, 12), generator=torch.Generator().manual_seed(1))
    ids[0, 7:] = 0
    real = ids != 0
    positions = torch.arange(ids.numel())[real.flatten()]
    with torch.no_grad():
        expected = theirs(input_ids=ids, attention_mask=real.long()).logits.flatten(0, 1)[positions]
        found = load_model(folder, attention)(ids, real, positions)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_saved_checkpoint_loads_in_transformers_with_the_same_logits(tmp_path):
    model = load_model(small_model(tmp_path / "a"))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01)
    save_model(model, tmp_path / "a", tmp_path / "b")
    ids = torch.randint(5, VOCABULARY, (2, 9))
    with torch.no_grad():
        theirs = AutoModelForMaskedLM.from_pretrained(tmp_path / "b").eval()(input_ids=ids).logits
        ours = model(ids, None, torch.arange(18)).view(2, 9, -1)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_padding_changes_no_real_position(tmp_path):
    model = load_model(small_model(tmp_path))
    ids = torch.randint(5, VOCABULARY, (1, 9))
    longer = torch.cat([ids, torch.zeros(1, 6, dtype=torch.int64)], dim=1)
    with torch.no_grad():
        alone, padded = model(ids, None, torch.arange(9)), model(longer, longer != 0, torch.arange(9))
    torch.testing.assert_close(alone, padded, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("rows", [29, 32])  # the former needs nothing to be filled up
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_states_without_padding_are_those_of_padded_ones_and_so_are_gradients(tmp_path, monkeypatch, attention, rows):
    monkeypatch.setattr("clm.models.encoder.ROW_MULTIPLE", rows)
    encoder = load_model(small_model(tmp_path), attention).roberta_prelayernorm
    ids = torch.randint(5, VOCABULARY, (4, 12))
    for row, length in enumerate((12, 7, 1, 9)):
        ids[row, length:] = 0
    real, found = ids != 0, []
    for forward in (encoder, encoder.forward_unpadded):
        encoder.zero_grad()
        states = forward(ids, real)
        (states[real] ** 3).sum().backward()
        found.append([states[real].detach(), *(parameter.grad.clone() for parameter in encoder.parameters())])
    assert not encoder.forward_unpadded(ids, real)[~real].any()
    for padded, unpadded in zip(*found, strict=True):
        torch.testing.assert_close(unpadded, padded, atol=1e-5, rtol=1e-4)


def test_parameters_are_counted_without_embeddings_and_head(tmp_path):
    count = count_parameters(load_model(small_model(tmp_path, width=16, layers=2)))
    layer = 12 * 16**2 + 13 * 16  # attention and feed-forward with their biases and two norms
    assert count["non_embedding"] == 2 * layer + 2 * 16
    embeddings = (VOCABULARY + 41 + 1) * 16 + 2 * 16
    head = 16**2 + 16 + 2 * 16 + VOCABULARY
    assert count["total"] == count["non_embedding"] + embeddings + head


def counted(compute):
    with FlopCounterMode(display=False) as counter:
        compute()
    return counter.get_total_flops()


def test_flops_are_those_that_torch_counts(tmp_path):
    model = load_model(small_model(tmp_path), "eager")
    ids, positions = torch.randint(5, VOCABULARY, (3, 11)), torch.tensor([1, 5, 17, 30])
    lengths, table = np.array([11, 11, 11]), model.roberta_prelayernorm.embeddings.word_embeddings.weight

    def whole():
        return model.lm_head(model.roberta_prelayernorm(ids).flatten(0, 1)[positions], table).sum()

    assert counted(whole) == forward_flops(model.config, lengths, 4)
    assert counted(lambda: whole().backward()) == training_flops(model.config, lengths, 4)
    taken = counted(lambda: model(ids, None, positions).sum().backward())
    assert taken == training_flops(model.config, lengths, 4) - skipped_flops(model.config, 33, 4)


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_the_last_layer_where_it_is_read_is_that_of_all_positions_and_so_are_gradients(tmp_path, attention):
    encoder = load_model(small_model(tmp_path), attention).roberta_prelayernorm
    ids = torch.randint(5, VOCABULARY, (4, 12))
    ids[1, 7:] = 0
    positions, found = torch.tensor([0, 3, 13, 24, 47]), []
    for states in (
        lambda: encoder(ids, ids != 0).flatten(0, 1)[positions],
        lambda: encoder.forward_at(ids, ids != 0, positions),
    ):
        encoder.zero_grad()
        (states() ** 3).sum().backward()
        found.append([states().detach(), *(parameter.grad.clone() for parameter in encoder.parameters())])
    for everywhere, here in zip(*found, strict=True):
        torch.testing.assert_close(here, everywhere, atol=1e-5, rtol=1e-4)
