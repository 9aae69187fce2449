"""Models that features run: where their files are, and texts through classifiers and causal language models in batches."""
