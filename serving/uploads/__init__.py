"""Lists that people upload: kept for a day, checked, scored, and taken into the store where that is wanted."""
