"""The pure core: from raw leads to scores, without clock, disk, network or database."""
