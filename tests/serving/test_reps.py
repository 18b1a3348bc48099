"""Who is there: by the calendar of the zone, with what fits this month."""

from datetime import UTC, datetime

import pytest

from scoring.contract import to_micros
from scoring.io.sections import Rep
from scoring.io.settings import Settings, load_settings
from serving.reps import capacity, is_away, month_start, rooms

NOW = datetime(2026, 11, 30, 16, tzinfo=UTC)  # 1 December in Tokyo


def given(tmp_path, text: str) -> Settings:
    (tmp_path / "leadloop.toml").write_text(text)
    return load_settings({}, tmp_path)


def test_the_month_begins_where_the_team_is() -> None:
    assert month_start(NOW, "Asia/Tokyo") == to_micros(datetime(2026, 11, 30, 15, tzinfo=UTC).timestamp())
    assert month_start(NOW, "UTC") == to_micros(datetime(2026, 11, 1, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("away", "absent"),
    [
        (("2026-12-01",), True),
        (("2026-11-30",), False),
        (("2026-11-28/2026-12-01",), True),
        (("2026-12-02/2026-12-05", "2026-11-01/2026-11-30"), False),
    ],
)
def test_absence_is_of_whole_days_in_the_zone(away: tuple[str, ...], absent: bool) -> None:
    assert is_away(Rep(name="Sato", away=away), NOW, "Asia/Tokyo") is absent


def test_whoever_is_away_has_no_room_and_others_have_what_was_not_given(tmp_path) -> None:
    settings = given(
        tmp_path,
        """
[time]
zone = "Asia/Tokyo"
[capacity]
leads_per_rep = 10
[[reps]]
name = "Sato"
[[reps]]
name = "Ito"
leads_per_month = 4
[[reps]]
name = "Abe"
away = ["2026-12-01/2026-12-03"]
""",
    )
    handed = {
        ("Sato", "hand_over"): (3, 2_000_000),
        ("Sato", "explore"): (1, 5_000_000),
        (None, "explore"): (9, 9),
    }
    found = {room.name: room for room in rooms(settings, handed, NOW)}
    assert set(found) == {"Sato", "Ito"}
    assert (found["Sato"].left, found["Sato"].last) == (6, 5.0)
    assert (found["Ito"].left, found["Ito"].last) == (4, float("-inf"))
    assert capacity(settings) == 24


@pytest.mark.parametrize(("text", "most"), [("", None), ("[capacity]\nreps = 3\nleads_per_rep = 20", 60)])
def test_without_names_the_number_of_reps_counts(tmp_path, text: str, most: int | None) -> None:
    settings = given(tmp_path, text)
    assert capacity(settings) == most
    assert rooms(settings, {}, NOW) == []
