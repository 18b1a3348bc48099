"""The writer: many operations in one commit, answered after it, and nobody pays for another's fault."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from threading import Event, Thread

import pytest
from sqlalchemy import Connection, func, insert, select

from scoring.errors import DataError
from scoring.io.store import Store, open_store
from scoring.io.store.engine import reading, writing
from scoring.io.store.scores import ScoreRow
from scoring.io.store.tables import leads, scores
from serving import score_log, writer
from serving.writer import NotWritten, Refused, Writer

BOUND = 30.0


def add(connection: Connection, lead_id: str) -> str:
    connection.execute(insert(leads), {"lead_id": lead_id, "created_at": 0, "properties": {}})
    return lead_id


def add_then_fail(connection: Connection, lead_id: str, error: Exception) -> None:
    add(connection, lead_id)
    raise error


def kept(store: Store) -> set[str]:
    with reading(store.engine) as connection:
        return set(connection.scalars(select(leads.c.lead_id)))


def logged(store: Store) -> int:
    with reading(store.engine) as connection:
        return connection.scalar(select(func.count()).select_from(scores)) or 0


def score(lead_id: str = "L-1", **other: object) -> list[ScoreRow]:
    row = {"target": "won", "version": "v1", "as_of": 1.0, "scored_at": 2.0, "features": "digest"}
    return [ScoreRow(lead_id=lead_id, **row | other)]


@contextmanager
def running(store: Store) -> Iterator[Writer]:
    """A writer that runs until the end of the block."""
    made = Writer(store.engine)
    made.start()
    try:
        yield made
    finally:
        made.stop()


class Held:
    """An operation that keeps the writer busy until it is let go, so that what follows waits together."""

    def __init__(self) -> None:
        self.entered, self.released = Event(), Event()

    def __call__(self, _: Connection) -> None:
        self.entered.set()
        assert self.released.wait(BOUND)


def together(made: Writer, *operations: Callable[[Connection], object]) -> list[Future]:
    """Operations that are committed in one group."""
    held = Held()
    made.submit(held)
    assert held.entered.wait(BOUND)
    futures = [made.submit(operation) for operation in operations]
    held.released.set()
    return futures


def test_what_is_submitted_is_committed_before_it_is_answered(store: Store) -> None:
    with running(store) as made:
        assert made.submit(partial(add, lead_id="L-1")).result(BOUND) == "L-1"
        assert kept(store) == {"L-1"}


def test_a_coroutine_waits_for_the_commit_and_gets_the_result(store: Store) -> None:
    async def several(made: Writer) -> list[str]:
        return await asyncio.gather(*(made.write(partial(add, lead_id=f"L-{at}")) for at in range(50)))

    with running(store) as made:
        assert asyncio.run(several(made)) == [f"L-{at}" for at in range(50)]
        assert len(kept(store)) == 50


def test_what_waits_together_is_one_commit_in_the_order_in_which_it_came(store: Store) -> None:
    with running(store) as made:
        counts = []
        original = made._together
        made._together = lambda operations: counts.append(len(operations)) or original(operations)
        futures = together(made, *(partial(add, lead_id=f"L-{at}") for at in range(200)))
        assert [future.result(BOUND) for future in futures] == [f"L-{at}" for at in range(200)]
    assert counts[:2] == [1, 200]


@pytest.mark.parametrize("error", [DataError("no"), RuntimeError("no")], ids=["ours", "any"])
def test_an_operation_that_fails_undoes_itself_and_nobody_else(store: Store, error: Exception) -> None:
    with running(store) as made:
        first, failing, last = together(
            made,
            partial(add, lead_id="L-1"),
            partial(add_then_fail, lead_id="L-2", error=error),
            partial(add, lead_id="L-3"),
        )
        with pytest.raises(type(error), match="no"):
            failing.result(BOUND)
        assert (first.result(BOUND), last.result(BOUND)) == ("L-1", "L-3")
    assert kept(store) == {"L-1", "L-3"}


def test_a_row_that_the_database_refuses_fails_alone_and_nobody_is_told_what_was_in_it(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with running(store) as made:
        first, twice = together(made, partial(add, lead_id="taro"), partial(add, lead_id="taro"))
        assert first.result(BOUND) == "taro"
        error = twice.exception(BOUND)
    assert error is not None
    assert not isinstance(error, NotWritten)
    assert "taro" not in caplog.text


def test_a_refusal_that_wrote_nothing_costs_the_others_nothing(store: Store) -> None:
    runs = []

    def counted(connection: Connection) -> str:
        runs.append(1)
        return add(connection, "L-1")

    with running(store) as made:
        first, refused = together(made, counted, lambda _: Refused(DataError("unknown")))
        with pytest.raises(DataError, match="unknown"):
            refused.result(BOUND)
        assert first.result(BOUND) == "L-1"
    assert runs == [1]


def test_the_fault_of_a_coroutine_reaches_it(store: Store) -> None:
    with running(store) as made, pytest.raises(DataError, match="no"):
        asyncio.run(made.write(partial(add_then_fail, lead_id="L-1", error=DataError("no"))))
    assert kept(store) == set()


def test_a_store_that_takes_nothing_is_said_to_each_and_tried_anew(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_store(f"sqlite:///{tmp_path / 'leadloop.db'}") as store, running(store) as made:
        with reading(store.engine) as connection:
            path = connection.exec_driver_sql("PRAGMA database_list").first()[2]
        held = Held()
        made.submit(held)
        assert held.entered.wait(BOUND)
        futures = [made.submit(partial(add, lead_id=f"L-{at}")) for at in range(3)]

        @contextmanager
        def unusable(_: object) -> Iterator[Connection]:
            raise store.engine.dialect.dbapi.OperationalError(f"unable to open {path}")
            yield

        with monkeypatch.context() as patched:
            patched.setattr(writer, "writing", unusable)
            held.released.set()
            for future in futures:
                with pytest.raises(NotWritten, match="The store does not take anything at the moment"):
                    future.result(BOUND)
        assert made.submit(partial(add, lead_id="L-9")).result(BOUND) == "L-9"
        assert kept(store) == {"L-9"}


def test_whoever_finds_it_full_waits_and_nothing_is_dropped(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_WAITING", 2)
    with running(store) as made:
        held = Held()
        made.submit(held)
        assert held.entered.wait(BOUND)
        threads = [
            Thread(target=lambda at=at: made.submit(partial(add, lead_id=f"L-{at}"))) for at in range(6)
        ]
        for thread in threads:
            thread.start()
        assert len(made._waiting) <= 2
        held.released.set()
        for thread in threads:
            thread.join(BOUND)

        async def several() -> list[str]:
            return await asyncio.gather(*(made.write(partial(add, lead_id=f"M-{at}")) for at in range(20)))

        assert len(asyncio.run(several())) == 20
    assert len(kept(store)) == 26


def test_stopping_writes_all_that_waits_and_takes_no_more(store: Store) -> None:
    made = Writer(store.engine)
    futures = [made.submit(partial(add, lead_id=f"L-{at}")) for at in range(2_500)]
    made.log(lambda: [row for _ in range(3) for row in score()], 3)
    made.start()
    made.stop()
    assert all(future.done() for future in futures)
    assert (len(kept(store)), logged(store)) == (2_500, 3)
    with pytest.raises(NotWritten, match="The service is stopping"):
        made.submit(partial(add, lead_id="late"))


# The score log --------------------------------------------------------------------------------------


def test_scores_are_made_by_the_writer_and_written_with_the_next_commit(store: Store) -> None:
    with running(store) as made:
        made.log(score)
        made.submit(partial(add, lead_id="L-1")).result(BOUND)
        assert logged(store) == 1


def test_scores_are_written_by_themselves_when_they_are_due(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrote = Event()
    with running(store) as made:
        original = made._log.written
        made._log.written = lambda: (original(), wrote.set())
        made.log(score)
        assert wrote.wait(BOUND)
        assert logged(store) == 1
        wrote.clear()
        monkeypatch.setattr(score_log, "FLUSH_SECONDS", 3_600.0)
        made.log(lambda: score("L-2"))
        made.log(lambda: [row for _ in range(1_000) for row in score("L-2")], 1_000)
        assert wrote.wait(BOUND)
        assert logged(store) == 1_002


def test_a_score_that_cannot_be_made_or_kept_loses_no_other(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    lead_id = "taro"

    def broken() -> list[ScoreRow]:
        raise RuntimeError(lead_id)

    with running(store) as made, caplog.at_level(logging.ERROR, "leadloop"):
        made.log(score)
        made.log(broken)
        made.log(lambda: score(lead_id, run=99))  # no such rescoring
        made.log(score)
    assert logged(store) == 2
    assert "A score could not be logged: RuntimeError at" in caplog.text
    assert "Scores lost, because the store refuses them: 1." in caplog.text
    assert lead_id not in caplog.text


def test_scores_wait_for_a_store_that_takes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    failed, wrote = Event(), Event()
    with running(store) as made:
        original_failed, original_written = made._log.failed, made._log.written
        made._log.failed = lambda: (original_failed(), failed.set())
        made._log.written = lambda: (original_written(), wrote.set())

        @contextmanager
        def unusable(_: object) -> Iterator[Connection]:
            raise store.engine.dialect.dbapi.OperationalError("locked")
            yield

        with monkeypatch.context() as patched:
            patched.setattr(writer, "writing", unusable)
            made.log(score)
            assert failed.wait(BOUND)
            made.log(score)
        assert wrote.wait(BOUND)
    assert logged(store) == 2


def test_a_full_log_slows_answers_and_says_so_in_the_end(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_log, "MOST_LOGGED", 2)
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.0)
    made = Writer(store.engine)  # not started: it writes nothing
    asyncio.run(made.room())
    made.log(score)
    made.log(score)
    with pytest.raises(NotWritten, match="Scores wait to be logged"):
        made.log(score)
    with pytest.raises(NotWritten, match="Scores wait to be logged"):
        asyncio.run(made.room())
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", BOUND)
    made.start()
    asyncio.run(made.room())
    made.log(score)
    made.stop()
    assert logged(store) == 3


def test_an_operation_called_off_before_it_is_written_is_not_written(store: Store) -> None:
    with running(store) as made:
        held = Held()
        made.submit(held)
        assert held.entered.wait(BOUND)
        off = made.submit(partial(add, lead_id="L-1"))
        assert off.cancel()
        on = made.submit(partial(add, lead_id="L-2"))
        held.released.set()
        on.result(BOUND)
    assert kept(store) == {"L-2"}


def test_the_lock_of_another_writer_is_waited_for(store: Store) -> None:
    with running(store) as made:
        with writing(store.engine) as connection:
            future = made.submit(partial(add, lead_id="L-2"))
            add(connection, "L-1")
        assert future.result(BOUND) == "L-2"
    assert kept(store) == {"L-1", "L-2"}
