"""The device of a job, as its environment gives it."""

import torch


def device() -> torch.device:
    """Return the first visible GPU, or the CPU; a scheduler hides the others through CUDA_VISIBLE_DEVICES."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def rounding(name: str) -> torch.dtype:
    """Return the type of matrix products: `bfloat16` where a GPU has it, otherwise float32 (faster on most CPUs)."""
    wanted = name == "bfloat16" and device().type == "cuda"
    return torch.bfloat16 if wanted else torch.float32
