"""The store: which models exist, which one is live for a target, and what they predicted when tested.

The history of champions is only ever added to. The newest line of a target is live; a rollback adds a
line that names the one it returns to. Rolling back again goes one further back, as *undo* does, and what
was undone is only returned to by promoting it.
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, func, insert, select

from scoring.contract import to_micros
from scoring.errors import ModelError, NoChampion
from scoring.io.home import database_url
from scoring.io.store.engine import make_engine, reading, writing
from scoring.io.store.history import (
    add_line,
    chosen,
    find_line,
    find_model,
    line_before,
    newest_lines,
    newest_since,
    records,
)
from scoring.io.store.records import Champion, Model, ModelInfo, Promotion
from scoring.io.store.schema import to_head
from scoring.io.store.tables import champions, leads, models

if TYPE_CHECKING:
    import pandas as pd

    from scoring.incoming import Incoming
    from scoring.io.store.intake import Taken, Told
    from scoring.io.store.keys import Key
    from scoring.io.store.lead_page import Forgotten, LeadPage
    from scoring.io.store.scores import ScoreRow
    from scoring.io.store.trail import TrailLine
    from scoring.ledger import Ledger, OneLead
    from scoring.policy import Policy, Rule


def open_store(url: str | None = None, primary: str | None = None) -> "Store":
    """Open the store, making it or bringing it to this release's schema where needed.

    Parameters
    ----------
    url : str, optional
        Its address; by default ``DATABASE_URL``, else the SQLite file in ``LEADLOOP_HOME``.
    primary : str, optional
        The target that is meant where a call names none (the first under ``[targets]``).

    Raises
    ------
    LeadLoopError
        The database cannot be reached or written, or was made by a newer release.
    SettingsError
        The address is not one of SQLite or PostgreSQL.
    """
    engine = make_engine(url or database_url(os.environ, Path.cwd()))
    try:
        to_head(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine, primary)


class Store:
    """The only door to the database; safe to share between threads, one for each process.

    Use it in a ``with`` statement, or call :meth:`close`.
    """

    def __init__(self, engine: Engine, primary: str | None = None) -> None:
        self.engine = engine
        self.primary = primary

    def __enter__(self) -> "Store":
        """Hold the store open for a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it at the end of the block."""
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    # Models ---------------------------------------------------------------------------------------

    def save_model(self, model: Model) -> None:
        """Keep a trained version, so that it can be promoted from here on. Saving it twice changes nothing.

        Raises
        ------
        ModelError
            Another model of that version is already kept, or a metric is not finite.
        """
        row = asdict(model)
        try:
            json.dumps([row["metrics"], row["recipe"], row["source"]], allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ModelError(
                f"What is known of model {model.version} must be finite JSON: {error}."
            ) from error
        with writing(self.engine) as connection:
            kept = connection.scalar(select(models.c.digest).where(models.c.version == model.version))
            if kept is None:
                connection.execute(insert(models), row)
        if kept is not None and kept != model.digest:
            raise ModelError(
                f"Version {model.version} is already kept with digest {kept}, got {model.digest}. "
                "Versions never change: train again for a new one."
            )

    def model(self, version: str) -> Model:
        """Find a trained version by its name.

        Raises
        ------
        ModelError
            No such version; the message names the nearest ones.
        """
        with reading(self.engine) as connection:
            return find_model(connection, version)

    def models(self, target: str | None = None) -> list[ModelInfo]:
        """List the trained versions, newest first, of one target or of all."""
        query = chosen(ModelInfo, models).order_by(models.c.created_at.desc(), models.c.version)
        with reading(self.engine) as connection:
            return records(
                connection, ModelInfo, query if target is None else query.where(models.c.target == target)
            )

    def model_count(self) -> int:
        """How many versions are kept: it grows with every one that is trained."""
        with reading(self.engine) as connection:
            return connection.scalar(select(func.count()).select_from(models)) or 0

    # Champions ------------------------------------------------------------------------------------

    def champion(self, target: str | None = None) -> Champion | None:
        """Find the model that is live; None where none is.

        Parameters
        ----------
        target : str, optional
            By default the primary target, or the only one that has a champion.

        Raises
        ------
        ModelError
            No target is named, the primary one has no champion, and several others have.
        """
        with reading(self.engine) as connection:
            live = self._live_id(connection, target)
            return None if live is None else find_line(connection, live)

    def champion_stamp(self, target: str | None = None) -> int | None:
        """Tell cheaply whether :meth:`champion` changed: a number that no two promotions share."""
        with reading(self.engine) as connection:
            return self._live_id(connection, target)

    def challenger(self, target: str) -> Model | None:
        """Find what may follow the live model: the newest one trained since its promotion, never live itself."""
        with reading(self.engine) as connection:
            live = newest_lines(connection).get(target)
            return None if live is None else newest_since(connection, find_line(connection, live))

    def champions(self, target: str | None = None) -> list[Promotion]:
        """List what was live and why, newest first, of one target or of all."""
        query = chosen(Promotion, champions).order_by(champions.c.id.desc())
        with reading(self.engine) as connection:
            return records(
                connection, Promotion, query if target is None else query.where(champions.c.target == target)
            )

    def promote(self, version: str, by: str, reason: str, at: datetime) -> Champion:
        """Make a trained version live for its target, in one transaction.

        Parameters
        ----------
        version : str
            A version that :meth:`save_model` has kept.
        by, reason : str
            Who decided, and why; both sides will read it.
        at : datetime
            When, with an offset.

        Returns
        -------
        Champion
            What is live now. A version that is live already stays as it was, without a second line.

        Raises
        ------
        ModelError
            No such version; the message names the nearest ones.
        """
        with writing(self.engine) as connection:
            model = find_model(connection, version)
            live = newest_lines(connection).get(model.target)
            current = None if live is None else find_line(connection, live)
            if current is not None and current.version == version:
                return current
            return add_line(connection, model, by=by, reason=reason, at=at)

    def rollback(self, target: str | None, by: str, reason: str, at: datetime) -> Champion:
        """Make live again what was live before; once more goes one further back.

        Raises
        ------
        NoChampion
            Nothing is live for the target.
        ModelError
            Nothing was live before.
        """
        with writing(self.engine) as connection:
            live = self._live_id(connection, target)
            if live is None:
                raise NoChampion(f"No model is live{f' for {target}' if target else ''}. Promote one first.")
            back = line_before(connection, find_line(connection, live))
            return add_line(connection, back, by=by, reason=reason, at=at, returns_to=back.id)

    def _live_id(self, connection: Connection, target: str | None) -> int | None:
        live = newest_lines(connection)
        wanted = target or self.primary
        if target is None and wanted not in live and live:
            if len(live) > 1:
                raise ModelError(f"Several targets have a champion: {', '.join(sorted(live))}. Name one.")
            wanted = next(iter(live))
        return live.get(wanted) if wanted else None

    # Leads ----------------------------------------------------------------------------------------

    def ledger(
        self, tables: Sequence[str] | None = None, properties: Sequence[str] | None = None
    ) -> "Ledger":
        """All that is known of all leads, as arrays; only some tables of events and some properties, where named."""
        from scoring.io.store.ledger import EVERY, read_ledger

        with reading(self.engine) as connection:
            return read_ledger(connection, EVERY if tables is None else tables, properties)

    def take_in(
        self,
        files: "Sequence[Incoming]",
        now: datetime,
        *,
        skip_rejected: bool = False,
        dry_run: bool = False,
        told: "Told | None" = None,
    ) -> "Taken":
        """Keep what files tell of leads, in one transaction: all of it, or nothing.

        Parameters
        ----------
        files : sequence of Incoming
            What is to be kept, at most one list of leads.  Rows that do not fit what the store has are added
            to their faults, and what the user should know to their notes.
        now : datetime
            Since when values hold that differ from those before.
        skip_rejected : bool
            Whether the good rows are kept where others have faults; else nothing is.
        dry_run : bool
            Whether to say what would change, as if faulty rows were skipped, and to write nothing.
        told : callable, optional
            Is told of which table how many rows of how many are written.
        """
        from scoring.io.store.intake import take_in

        with writing(self.engine) as connection:
            at = to_micros(now.timestamp())
            return take_in(connection, files, at, skip_rejected=skip_rejected, dry_run=dry_run, told=told)

    def lead_count(self) -> int:
        """How many leads are known."""
        with reading(self.engine) as connection:
            return connection.scalar(select(func.count()).select_from(leads)) or 0

    def lead(self, lead_id: str) -> "OneLead | None":
        """All that is known of one lead; None where nothing is."""
        from scoring.io.store.ledger import read_lead

        with reading(self.engine) as connection:
            return read_lead(connection, lead_id)

    def lead_page(self, lead_id: str, now: float, *, challengers: bool = False) -> "LeadPage | None":
        """All that is kept of one lead, as it is shown; None where it is not known.

        Parameters
        ----------
        lead_id : str
            The lead.
        now : float
            The end of the days that its trend is read from, in seconds since 1970 UTC.
        challengers : bool
            Whether to give those scores too that a challenger said beside the champion.
        """
        from scoring.io.store.lead_page import read_page

        with reading(self.engine) as connection:
            return read_page(connection, lead_id, now, challengers=challengers)

    def forget(self, lead_id: str) -> "Forgotten":
        """Erase a lead with all that is kept of it, in one transaction."""
        from scoring.io.store.lead_page import forget

        with writing(self.engine) as connection:
            return forget(connection, lead_id)

    # Scores ---------------------------------------------------------------------------------------

    def log_scores(self, rows: "Iterable[ScoreRow]") -> int:
        """Add scores to the log, and say how many."""
        from scoring.io.store.scores import write_scores

        with writing(self.engine) as connection:
            return write_scores(connection, rows)

    def score_history(
        self, lead_id: str, target: str | None = None, *, challengers: bool = False
    ) -> "list[ScoreRow]":
        """The newest scores that a lead was given, of one target or of all; those of challengers on request."""
        from scoring.io.store.scores import score_history

        with reading(self.engine) as connection:
            return score_history(connection, lead_id, target, challengers=challengers)

    # Watches --------------------------------------------------------------------------------------

    def watch_stamp(self) -> int | None:
        """Tell cheaply whether :meth:`watches` changed: a number that no two watches share."""
        from scoring.io.store.watches import newest_watch

        with reading(self.engine) as connection:
            return newest_watch(connection)

    def watches(self) -> dict[str, dict[str, Any]]:
        """What was found last of what is live, by target."""
        from scoring.io.store.watches import last_watches

        with reading(self.engine) as connection:
            return last_watches(connection)

    # Policies -------------------------------------------------------------------------------------

    def policy(self) -> "Policy | None":
        """The handoff policy in force; None where none was published."""
        from scoring.io.store.policies import read_policy

        with reading(self.engine) as connection:
            return read_policy(connection)

    def policy_stamp(self) -> int | None:
        """Tell cheaply whether :meth:`policy` changed: a number that no two publications share."""
        from scoring.io.store.policies import newest_policy

        with reading(self.engine) as connection:
            return newest_policy(connection)

    def policies(self) -> "list[Policy]":
        """Every handoff policy that was published, the newest first."""
        from scoring.io.store.policies import read_policies

        with reading(self.engine) as connection:
            return read_policies(connection)

    def publish_policy(
        self,
        *,
        target: str,
        rule: "Rule",
        threshold: float,
        explore: float,
        model: str,
        inputs: Mapping[str, Any],
        expected: Mapping[str, Any],
        author: str,
        reason: str,
        at: datetime,
        per_month: int | None = None,
        over: int | None = None,
    ) -> "Policy":
        """Put a handoff policy in force, in one transaction with its line in the trail.

        Parameters
        ----------
        target, rule, threshold, explore, model, inputs, expected, author, reason, per_month
            As in :class:`scoring.policy.Policy`.
        at : datetime
            When, with an offset.
        over : int, optional
            The number of the policy that it is known to replace, 0 for none; by default whichever is in force.

        Raises
        ------
        Overtaken
            If another one is in force.
        """
        from scoring.io.store.policies import publish

        row = {
            "target": target, "rule": rule, "threshold": threshold, "per_month": per_month, "explore": explore,
            "model": model, "inputs": dict(inputs), "expected": dict(expected), "author": author,
            "reason": reason, "published_at": at, "returns_to": None,
        }  # fmt: skip
        with writing(self.engine) as connection:
            return publish(connection, row, over=over)

    def policy_before(self) -> "Policy | None":
        """What :meth:`rollback_policy` would put in force again; None where nothing was before."""
        from scoring.io.store.policies import policy_before

        with reading(self.engine) as connection:
            return policy_before(connection)

    def rollback_policy(self, author: str, reason: str, at: datetime, over: int | None = None) -> "Policy":
        """Put the policy in force again that was before; once more goes one further back.

        Raises
        ------
        NoPolicy
            If nothing is in force, or nothing was before.
        Overtaken
            If another one is in force than the one with the number ``over``.
        """
        from scoring.io.store.policies import rollback

        with writing(self.engine) as connection:
            return rollback(connection, author, reason, at, over)

    def trail(self, subject: str | None = None, most: int = 200) -> "list[TrailLine]":
        """Who changed what, when and why, the newest first; of one subject or of all."""
        from scoring.io.store.trail import read_trail

        with reading(self.engine) as connection:
            return read_trail(connection, subject, most)

    # Keys -----------------------------------------------------------------------------------------

    def create_key(self, name: str, scopes: Sequence[str], at: datetime) -> tuple[int, str]:
        """Make an API key: its number, and the key itself, which is kept nowhere."""
        from scoring.io.store.keys import create_key

        with writing(self.engine) as connection:
            return create_key(connection, name, scopes, at)

    def api_keys(self) -> "list[Key]":
        """Every API key that was ever made, the oldest first."""
        from scoring.io.store.keys import read_keys

        with reading(self.engine) as connection:
            return read_keys(connection)

    def revoke_key(self, number: int, at: datetime) -> "Key | None":
        """End an API key; None where there is no such one."""
        from scoring.io.store.keys import revoke_key

        with writing(self.engine) as connection:
            return revoke_key(connection, number, at)

    # Held-out predictions -------------------------------------------------------------------------

    def write_backtest(self, version: str, frame: "pd.DataFrame") -> None:
        """Keep the held-out predictions of a version; writing them again replaces them.

        Parameters
        ----------
        version : str
            A version that :meth:`save_model` has kept.
        frame : DataFrame, shape (n, 7)
            Columns ``lead_id``, ``as_of`` (aware, or missing), ``use``, ``fold``, ``likelihood``, ``label``
            (0 or 1), ``weight``.

        Raises
        ------
        ModelError
            No such version, a column is missing, or a value is.
        """
        from scoring.io.store.backtest import write  # here, because serving never needs pandas for it

        with writing(self.engine) as connection:
            find_model(connection, version)
            write(connection, version, frame)

    def backtest(self, version: str) -> "pd.DataFrame":
        """Give the held-out predictions of a version, in the order they were written; empty if none."""
        from scoring.io.store.backtest import read

        with reading(self.engine) as connection:
            return read(connection, version)
