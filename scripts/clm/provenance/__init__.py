"""Provenance of results: atomic files, command lines, code digests, saved state, costs."""
