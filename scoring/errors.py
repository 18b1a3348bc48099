"""Errors a user can act on.

::

    LeadLoopError               one clear message; the command line prints it and exits with 1
    ├── DataError               the user's leads, columns or files
    ├── SettingsError           leadloop.toml, the environment, a flag's value
    └── ModelError              an artifact or a registered model
        └── NoChampion          nothing is live for the target asked for

A message says what, of whom, the rule, what it got and what to do next.  It never quotes a value that
could be personal: it names the column, the row and the rule.
"""


class LeadLoopError(Exception):
    """Something the user can put right; the message says how."""


class DataError(LeadLoopError):
    """The leads that were given cannot be used as they are."""


class SettingsError(LeadLoopError):
    """A setting is unknown, missing or out of its range."""


class ModelError(LeadLoopError):
    """A model cannot be read, found or used."""


class NoChampion(ModelError):
    """No model is live yet for the target asked for."""
