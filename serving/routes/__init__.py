"""The routes of the service, a module per subject."""
