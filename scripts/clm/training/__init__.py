"""Masked-LM pretraining: masks, data loader, loss, learning-rate schedule, training loop, saved state."""
