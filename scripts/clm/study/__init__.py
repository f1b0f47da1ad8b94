"""The configured study: validation, the grid of cells and the paths of their results."""
