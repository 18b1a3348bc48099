"""The door to the world: files, the store, the registry and the settings."""
