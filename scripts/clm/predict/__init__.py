"""From a finished study to predictions for new molecules: method, fit, intervals, applicability, a folder."""
