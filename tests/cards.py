"""Small scorecards, made by hand, for the tests of everything that reads one; and a shelf they are live on."""

import math
from dataclasses import replace
from datetime import UTC, datetime

from scoring.clean import Column
from scoring.features import Feature
from scoring.io.store import Champion
from scoring.scorecard import Interval, Meta, Ranks, Scorecard
from scoring.terms import Pair, Term

COLUMNS = (
    Column("source", "category", "fit", spelling=(("referral", "Referral"),)),
    Column("visits", "number", "engagement"),
    Column("created_at", "date", "fit"),
)
FEATURES = (
    Feature("source", "category", "fit", ("source",), "value"),
    Feature("visits", "number", "engagement", ("visits",), "value"),
    Feature("created_at_age_days", "number", "engagement", ("created_at",), "age_days"),
)
TERMS = (
    Term(
        "source",
        "category",
        "fit",
        cuts=(),
        levels=("Referral", "Web"),
        table=(1.2, -0.3, -0.1, 0.0),
        support=(40, 150, 0, 10),
        rates=(0.45, 0.15, None, 0.2),
    ),
    Term(
        "visits",
        "number",
        "engagement",
        cuts=(2.0, 10.0),
        levels=(),
        table=(-0.5, 0.1, 0.6, -0.2),
        support=(60, 80, 40, 20),
        rates=(0.1, 0.2, 0.4, 0.15),
        slope=0.05,
        low=0.0,
        high=50.0,
        centre=6.0,
    ),
    Term(
        "created_at_age_days",
        "number",
        "engagement",
        cuts=(7.0,),
        levels=(),
        table=(0.2, -0.2, 0.0),
        support=(90, 110, 0),
        rates=(0.25, 0.16, None),
    ),
)
PAIR = Pair(
    0,
    1,
    ((0.0, 0.2, 0.4, 0.0), (0.0, 0.0, -0.1, 0.0), (0.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)),
)


def small_card(
    version: str = "v1",
    target: str = "sql",
    base: float = -1.4,
    as_of_column: str | None = None,
    **meta: object,
) -> Scorecard:
    """A scorecard of a category, a number, an age and one pair: every part that a real one has.

    It reads the columns ``source``, ``visits`` and ``created_at``.  ``base`` shifts every likelihood, so that
    two cards can be told apart by their answers; ``meta`` overrules what stands in its meta.
    """
    usual = Meta(
        version=version,
        target=target,
        horizon_days=30,
        trained_until="2026-10-01T00:00:00+00:00",
        rows=200,
        conversions=40,
        base_rate=0.2,
        as_of_column=as_of_column,
        id_column="lead_id",
        created_at="2026-11-01T00:00:00+00:00",
    )
    knots = tuple(-4 + 8 * position / 49 for position in range(50))
    cuts = (1.0, 0.0, -0.5)
    return Scorecard(
        meta=replace(usual, **meta),
        base=base,
        terms=TERMS,
        pairs=(PAIR,),
        interval=Interval(knots, tuple(k - 0.3 for k in knots), tuple(k + 0.3 for k in knots)),
        ranks=Ranks(
            (-4.0, *(base - 2 + 4 * score / 100 for score in range(1, 100)), math.inf),
            {"fit": cuts, "engagement": cuts},
        ),
        columns=COLUMNS,
        features=FEATURES,
        report={"metrics": {"log_loss": 0.42}},
    )


def champion(card: Scorecard | None = None, number: int = 1) -> Champion:
    """The line of a store that makes a scorecard live; a higher number is a newer line."""
    card = card or small_card()
    return Champion(
        id=number,
        target=card.meta.target,
        horizon_days=card.meta.horizon_days,
        version=card.meta.version,
        digest=card.digest,
        trained_until=None,
        promoted_at=datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        by="tests",
        reason="a test",
        scorecard=card.to_json(),
    )


class Shelf:
    """A store with one champion for a target, or none."""

    def __init__(self, *champions: Champion) -> None:
        self.live: dict[str | None, Champion] = {}
        self.put(*champions)

    def put(self, *champions: Champion) -> None:
        """Make champions live."""
        self.live |= {one.target: one for one in champions}

    def champion_stamp(self, target: str | None = None) -> int | None:
        """Tell cheaply whether the champion changed."""
        found = self.live.get(target)
        return None if found is None else found.id

    def champion(self, target: str | None = None) -> Champion | None:
        """Find the model that is live."""
        return self.live.get(target)
