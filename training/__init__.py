"""Learning a scorecard from leads and what became of them."""
