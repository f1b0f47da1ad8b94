"""Who made a result, from what, and safely: files, command lines, code digests, resume state, costs."""
