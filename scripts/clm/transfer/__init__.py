"""From a checkpoint to scores on tasks: embeddings, probes, predictors of transfer, fine-tuning."""
