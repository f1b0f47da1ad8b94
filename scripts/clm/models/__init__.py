"""Encoders: initialization, checkpoints, forward passes, counts of operations."""
