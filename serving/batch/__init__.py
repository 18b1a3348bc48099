"""A lead list in, a scored list out: CSV or Parquet to either, in memory that does not grow with the file."""

from serving.batch.run import MAX_REJECTED, MOST_REASONS, Progress, Step, score_file
from serving.batch.summary import BatchSummary

__all__ = ["MAX_REJECTED", "MOST_REASONS", "BatchSummary", "Progress", "Step", "score_file"]
