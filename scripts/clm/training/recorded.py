"""Training steps as CUDA graphs: a GPU runs a step of a small model faster than Python can launch its kernels.

A graph holds the kernels of one shape of batch, so batches of a bucket are padded to one shape (`clm.training.feed`).
The first step of a shape runs as it is, the second is recorded, and later ones are replayed: every call is exactly one
step, and nothing needs to be undone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from clm.models.encoder import MaskedLM


class Recording(NamedTuple):
    """A graph, and where it finds its arguments and leaves its result."""

    graph: "torch.cuda.CUDAGraph"
    result: Tensor


class Recorded:
    """A step that takes tensors and numbers and returns a tensor; on a GPU it is replayed, on a CPU just called.

    The step must not wait for the device, nor keep tensors that it made (but for its result); what it changes, weights
    and moments, must stay at its place. It runs on the current stream, which must not be the default one.
    """

    def __init__(self, step: Callable[..., Tensor]) -> None:
        """Record nothing yet."""
        self.step = step
        self.places: dict[tuple[torch.Size, ...], list[Tensor]] = {}
        self.recordings: dict[tuple[torch.Size, ...], Recording] = {}
        self.pool = None  # memory that all graphs share: no two run at once, and their results are kept apart

    def __call__(self, tensors: list[Tensor], device: torch.device, *numbers: float) -> Tensor:
        """Take a step.

        Args:
            tensors: wherever they are (pinned memory is copied without waiting).
            device: where the step runs.
            numbers: 0-dimensional float32 tensors to the step on a GPU, numbers on a CPU.
        """
        if device.type != "cuda":
            return self.step(*(x.to(device) for x in tensors), *numbers)
        shapes = tuple(x.shape for x in tensors)
        first = shapes not in self.places
        places = self.put(shapes, tensors, device, numbers)
        if first:
            return self.step(*places)
        if shapes not in self.recordings:
            self.recordings[shapes] = self.record(places)
        recording = self.recordings[shapes]
        recording.graph.replay()
        return recording.result.clone()

    def put(
        self, shapes: tuple[torch.Size, ...], tensors: list[Tensor], device: torch.device, numbers: tuple[float, ...]
    ) -> list[Tensor]:
        """Copy the arguments to where the graph of their shapes reads them; return those places."""
        if shapes not in self.places:
            made = [torch.empty_like(x, device=device) for x in tensors]
            self.places[shapes] = made + [torch.empty((), device=device) for _ in numbers]
        places = self.places[shapes]
        for place, x in zip(places, tensors, strict=False):
            place.copy_(x, non_blocking=True)
        for place, number in zip(places[len(tensors) :], numbers, strict=True):
            place.fill_(number)
        return places

    def record(self, places: list[Tensor]) -> Recording:
        """Return the graph of a step, which does not run yet; other threads may use the device meanwhile."""
        graph = torch.cuda.CUDAGraph()
        self.pool = self.pool or torch.cuda.graph_pool_handle()
        torch.cuda.synchronize()
        graph.capture_begin(pool=self.pool, capture_error_mode="thread_local")
        try:
            result = self.step(*places)
        finally:
            graph.capture_end()
        return Recording(graph, result)


@contextmanager
def compiled(model: MaskedLM, wanted: bool) -> Iterator[None]:
    """Fuse the kernels of the layers by torch.compile as long as the context lasts.

    One compilation serves all but the last layer, which has one of its own. A compilation took up to 20 s; it pays for
    wide layers in long jobs on a GPU.
    """
    layers = model.roberta_prelayernorm.encoder.layer if wanted else []
    for layer in layers:
        layer.compile(dynamic=True)
    try:
        yield
    finally:
        for layer in layers:
            layer._compiled_call_impl = None
