"""Masked-LM pretraining: masks, batches, loss, schedule, loop, resume state."""
