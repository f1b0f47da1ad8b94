"""Loss surfaces, barriers and maps of parameter space."""
