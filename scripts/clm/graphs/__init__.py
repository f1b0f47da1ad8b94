"""Graph networks without pretraining, from maintained packages, trained on one task."""
