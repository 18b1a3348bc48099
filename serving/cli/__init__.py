"""The command ``leadloop``."""
