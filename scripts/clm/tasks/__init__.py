"""Property prediction tasks: tables, splits, descriptors, linear heads, scores and fingerprint baselines."""
