"""Encoders: construction, checkpoints, forward passes, counts of operations."""
