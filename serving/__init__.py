"""Scores for whoever asks: over HTTP, in batch, on the command line."""
