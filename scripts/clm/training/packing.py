"""The order of training data: molecules in random order, packed whole into rows of one length."""

from collections.abc import Iterator
from itertools import chain, count, islice

import numpy as np

WINDOW = 16  # molecules that wait for a row: 64 save .4 % of padding on ZINC and take three times as long
CHUNK = 8192  # molecules converted to Python objects at a time


def molecule_order(lengths: np.ndarray, seed: int) -> Iterator[tuple[int, int]]:
    """Yield molecules and their lengths forever; each epoch is another permutation."""
    for epoch in count():
        order = np.random.default_rng([seed, epoch]).permutation(len(lengths))
        for start in range(0, len(order), CHUNK):
            part = order[start : start + CHUNK]
            yield from zip(part.tolist(), lengths[part].tolist(), strict=True)


def pack_rows(lengths: np.ndarray, width: int, seed: int) -> Iterator[list[int]]:
    """Yield the molecules of each row, forever: at least one molecule, at most `width` tokens in total.

    A row holds the molecule that has waited longest and those of the window that fill it best, so no molecule waits for
    more than WINDOW rows. A molecule enters the window only after its copy of the previous epoch has left it, so visits
    never differ by more than two between molecules.

    Args:
        lengths: tokens of each molecule, int64 (n,), at most `width`.
        width: tokens of a row.
        seed: of the order.
    """
    order, entered = molecule_order(lengths, seed), 0
    waiting: list[int] = []
    sizes: list[int] = []
    turns: list[int] = []  # places in the order, ascending
    while True:
        oldest = turns[0] if turns else entered
        for molecule, size in islice(order, min(WINDOW - len(turns), oldest + len(lengths) - entered)):
            waiting.append(molecule)
            sizes.append(size)
            turns.append(entered)
            entered += 1
        row = []
        for place in fill(sizes, width):
            row.append(waiting.pop(place))
            del sizes[place], turns[place]
        yield row


def fill(sizes: list[int], width: int) -> list[int]:
    """Return the indices, descending, of the first size and of those that best fill a row of `width` with it.

    Subset sums: bit s of a number is 1 if some of the sizes so far add up to s. The search ends with the first size
    that fills the row, so mostly the oldest molecules are chosen.
    """
    sums, bits = [1 << sizes[0]], (2 << width) - 1
    for size in islice(sizes, 1, None):
        sums.append(sums[-1] | sums[-1] << size & bits)
        if sums[-1] >> width:
            break
    total, places = sums[-1].bit_length() - 1, []
    for place in range(len(sums) - 1, 0, -1):
        if not sums[place - 1] >> total & 1:
            places.append(place)
            total -= sizes[place]
    return [*places, 0]


def batch_stream(lengths: np.ndarray, width: int, rows: int, seed: int) -> Iterator[list[list[int]]]:
    """Yield the rows of each batch, lists of molecules, forever; arguments as for `pack_rows`."""
    packed = pack_rows(lengths, width, seed)
    while True:
        yield list(islice(packed, rows))


def resume_stream(lengths: np.ndarray, width: int, rows: int, seed: int, step: int) -> Iterator[list[list[int]]]:
    """Yield the batches from `step` on; the order before it is replayed, which reads no data and is fast."""
    return islice(batch_stream(lengths, width, rows, seed), step, None)


def count_visits(lengths: np.ndarray, width: int, rows: int, seed: int) -> np.ndarray:
    """Return how often each molecule, (n,) int64, is among the first `rows` rows."""
    visits = np.zeros(len(lengths), dtype=np.int64)
    packed = pack_rows(lengths, width, seed)
    while rows > 0:
        part = list(chain.from_iterable(islice(packed, min(rows, CHUNK))))
        visits += np.bincount(part, minlength=len(lengths))
        rows -= CHUNK
    return visits
