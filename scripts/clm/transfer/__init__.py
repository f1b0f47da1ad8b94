"""From a checkpoint to scores on tasks: embeddings, linear probes, fine-tuning, predictors of transfer."""
