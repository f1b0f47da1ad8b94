"""Figures and pages made from tables only; paper quality, colour-blind safe, the same bytes each time."""
