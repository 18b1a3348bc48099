"""The steps from an empty store to the schema of this release."""
