"""Training steps as CUDA graphs: a GPU runs a step of a small model faster than Python can launch its kernels.

A graph holds the kernels for one batch shape. In pretraining all batches have the same shape: packed rows, and targets
padded to a fixed number (`clm.training.batch_loader`). The first step of a shape runs eagerly, the second is captured,
and later ones are replayed: every call is exactly one step, so no warm-up step has to be undone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor

from clm.models.encoder import MaskedLM


class CapturedGraph(NamedTuple):
    """A CUDA graph and its output tensor."""

    graph: "torch.cuda.CUDAGraph"
    result: Tensor


class CudaGraphStep:
    """A function of tensors and numbers that returns a tensor; on a GPU its graph is replayed, on a CPU it is called.

    The function must not wait for the device, nor keep tensors that it created (other than its result); the tensors
    that it changes, weights and optimizer state, must keep their memory address. It runs on the current stream, which
    must not be the default one.
    """

    def __init__(self, step: Callable[..., Tensor]) -> None:
        """Wrap a step; nothing is captured yet."""
        self.step = step
        self.static_inputs: dict[tuple[torch.Size, ...], list[Tensor]] = {}
        self.graphs: dict[tuple[torch.Size, ...], CapturedGraph] = {}
        self.pool = None  # memory that all graphs share: no two run at once, and their results are copied

    def __call__(self, tensors: list[Tensor], device: torch.device, *numbers: float) -> Tensor:
        """Take a step.

        Args:
            tensors: on any device (pinned memory is copied without waiting).
            device: where the step runs.
            numbers: passed as 0-dimensional float32 tensors on a GPU, as numbers on a CPU.
        """
        if device.type != "cuda":
            return self.step(*(x.to(device) for x in tensors), *numbers)
        shapes = tuple(x.shape for x in tensors)
        first = shapes not in self.static_inputs
        inputs = self.copy_inputs(shapes, tensors, device, numbers)
        if first:
            return self.step(*inputs)
        if shapes not in self.graphs:
            self.graphs[shapes] = self.capture(inputs)
        captured = self.graphs[shapes]
        captured.graph.replay()
        return captured.result.clone()

    def copy_inputs(
        self, shapes: tuple[torch.Size, ...], tensors: list[Tensor], device: torch.device, numbers: tuple[float, ...]
    ) -> list[Tensor]:
        """Copy the arguments into the static inputs of their shapes and return these."""
        if shapes not in self.static_inputs:
            buffers = [torch.empty_like(x, device=device) for x in tensors]
            self.static_inputs[shapes] = buffers + [torch.empty((), device=device) for _ in numbers]
        inputs = self.static_inputs[shapes]
        for buffer, x in zip(inputs, tensors, strict=False):
            buffer.copy_(x, non_blocking=True)
        for buffer, number in zip(inputs[len(tensors) :], numbers, strict=True):
            buffer.fill_(number)
        return inputs

    def capture(self, inputs: list[Tensor]) -> CapturedGraph:
        """Return the graph of a step, which does not run yet; other threads may use the device meanwhile."""
        graph = torch.cuda.CUDAGraph()
        self.pool = self.pool or torch.cuda.graph_pool_handle()
        torch.cuda.synchronize()
        graph.capture_begin(pool=self.pool, capture_error_mode="thread_local")
        try:
            result = self.step(*inputs)
        finally:
            graph.capture_end()
        return CapturedGraph(graph, result)


@contextmanager
def compiled_layers(model: MaskedLM, enabled: bool) -> Iterator[None]:
    """Compile the layers of a model with torch.compile within the context.

    All layers but the last share one compilation; the last has its own. A compilation took up to 20 s; it pays off for
    wide layers in long jobs on a GPU.
    """
    layers = model.roberta_prelayernorm.encoder.layer if enabled else []
    for layer in layers:
        layer.compile(dynamic=True)
    try:
        yield
    finally:
        for layer in layers:
            layer._compiled_call_impl = None
