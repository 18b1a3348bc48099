"""``leadloop keys``: who may call the service, and what for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from scoring.errors import SettingsError
from scoring.io.store import open_store
from serving.cli.terminal import console, errors, settings
from serving.keys import Scope

LONGEST_NAME = 200
_MEANINGS = (
    "score (POST /v1/score), read (leads, the model), write (leads and what happened to them), or admin "
    "(everything, also to forget leads and to change what is live); may be given several times."
)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    keys = typer.Typer(
        help="Make, list and revoke the keys of the service.",
        no_args_is_help=True,
        rich_markup_mode="markdown",
    )
    keys.command("create")(create)
    keys.command("list")(listed)
    keys.command("revoke")(revoke)
    app.add_typer(keys, name="keys", rich_help_panel="Service")


def create(
    name: Annotated[str, typer.Option(help="Who will have it; shown in lists and as who promoted a model.")],
    scope: Annotated[list[Scope], typer.Option(help=f"What it is good for: {_MEANINGS}")],
) -> None:
    """Make a key and show it, this once. From the first one on, calls need a key, also on this machine."""
    if not name.strip() or len(name) > LONGEST_NAME:
        raise SettingsError(f"--name must hold 1 to {LONGEST_NAME} characters.")
    run_settings = settings()
    with open_store(run_settings.database_url, run_settings.primary) as store:
        number, key = store.create_key(
            name.strip(), [one.value for one in Scope if one in scope], datetime.now(UTC)
        )
    console.print(key, markup=False, soft_wrap=True)
    # Beside the output, so that KEY=$(leadloop keys create …) holds the key alone.
    errors.print(
        f"Key {number}. It is kept nowhere, so keep it now; send it as Authorization: Bearer. "
        "A running service takes it within seconds.",
        markup=False,
    )


def listed() -> None:
    """List the keys that were made, without the keys themselves."""
    run_settings = settings()
    with open_store(run_settings.database_url, run_settings.primary) as store:
        kept = store.api_keys()
    if not kept:
        console.print(
            "No key yet: the service answers this machine alone. Make one: leadloop keys create", markup=False
        )
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("id", "name", "scopes", "made", "state"):
        table.add_column(title)
    for key in kept:
        state = "holds" if key.revoked_at is None else f"revoked {key.revoked_at:%Y-%m-%d %H:%M}"
        table.add_row(str(key.id), key.name, ", ".join(key.scopes), f"{key.created_at:%Y-%m-%d %H:%M}", state)
    console.print(table)


def revoke(
    number: Annotated[int, typer.Argument(metavar="ID", help="A number that keys list shows.")],
) -> None:
    """End a key; a running service refuses it within seconds."""
    run_settings = settings()
    with open_store(run_settings.database_url, run_settings.primary) as store:
        key = store.revoke_key(number, datetime.now(UTC))
        left = any(one.revoked_at is None for one in store.api_keys())
    if key is None:
        raise SettingsError(f"No key has the number {number}. leadloop keys list shows those there are.")
    console.print(f"Key {key.id} of {key.name} opens nothing any more.", markup=False)
    if not left:
        console.print("No key is left: every call is refused until you make one.", markup=False)
