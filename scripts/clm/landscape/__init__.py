"""Loss landscapes (surfaces, curves, straight lines), maps of parameter space, similarity of representations."""
