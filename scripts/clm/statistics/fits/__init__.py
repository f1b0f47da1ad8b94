"""Fits of pretraining loss: laws with and without a floor, repeated data, and intervals of their parameters."""
