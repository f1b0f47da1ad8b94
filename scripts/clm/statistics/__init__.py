"""Statistics: slopes, verdicts, fits, correlations, regret and claims, from tables alone."""
