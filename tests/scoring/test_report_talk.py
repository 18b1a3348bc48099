"""What deserves talk: computed from the numbers of the month, and nothing said where there is nothing."""

from scoring.report_missed import Missed, MissedWin
from scoring.report_rates import Rate, allowed_for, count_change, rate_change
from scoring.report_sla import Owing, Sla, Supply
from scoring.report_talk import talk

NONE = Missed(0, 0, 0, 0, None, ())


def owing(rep: str | None, first: tuple[int, int], touches: tuple[int, int] = (0, 0)) -> Owing:
    return Owing(rep, first[1], Rate.counted(*first), Rate.counted(*touches), 1.0, 0.0)


def sla(*reps: Owing, marketing: Supply | None = None) -> Sla:
    first = tuple(map(sum, zip(*((rep.first_touch.count, rep.first_touch.of) for rep in reps), strict=True)))
    touches = tuple(map(sum, zip(*((rep.touches.count, rep.touches.of) for rep in reps), strict=True)))
    everybody = owing(None, first or (0, 0), touches or (0, 0))
    return Sla("handoff", everybody, everybody, reps, marketing, None)


def test_a_change_beyond_chance_is_said_with_its_numbers() -> None:
    point = talk(allowed_for([count_change("lead", 300, 200, 0.5)]), sla(), NONE)[0]
    assert point.found
    assert "leads rose from 200 to 300" in point.said["en"]
    assert "リードが 200 件 から 300 件 に増えました" in point.said["ja"]
    assert point.numbers["name"] == "lead"


def test_a_rate_falls_and_never_to_a_rounded_nothing() -> None:
    change = rate_change("sql_to_opportunity", Rate.counted(1, 3_000), Rate.counted(600, 1_000))
    assert change is not None
    point = talk(allowed_for([change]), sla(), NONE)[0]
    assert "fell from 60 % (600 / 1,000) to under 0.1 % (1 / 3,000)" in point.said["en"]
    assert (
        "SQL→商談の転換率が 60 % (600 / 1,000) から 0.1 % 未満 (1 / 3,000) に下がりました" in point.said["ja"]
    )


def test_without_a_change_beyond_chance_the_nearest_is_named_and_not_called_one() -> None:
    point = talk(allowed_for([count_change("won", 12, 4, 0.5)]), sla(), NONE)[0]
    assert not point.found
    assert "None of 1 numbers differs" in point.said["en"]
    assert "The nearest to it: won, from 4 to 12" in point.said["en"]
    assert "最も近いのは受注（4 件 → 12 件" in point.said["ja"]


def test_a_change_that_chance_does_easily_is_not_named() -> None:
    point = talk(allowed_for([count_change("won", 5, 4, 0.5)]), sla(), NONE)[0]
    assert "nearest" not in point.said["en"]


def test_the_largest_gap_is_the_promise_that_was_kept_least_and_names_the_rep_with_most() -> None:
    point = talk([], sla(owing("Sato", (8, 10), (3, 4)), owing("Ito", (4, 10), (3, 4))), NONE)[1]
    assert (point.numbers["promise"], point.numbers["missed"], point.numbers["of"]) == ("first_touch", 8, 20)
    assert (point.numbers["rep"], point.numbers["rep_missed"]) == ("Ito", 6)
    assert "8 of 20 leads were not touched in time for the first time (40 %)" in point.said["en"]
    assert "20 件中 8 件（40 %）" in point.said["ja"]


def test_marketing_is_named_where_it_is_farther_from_its_word_than_sales() -> None:
    point = talk([], sla(owing("Sato", (9, 10)), marketing=Supply(100, 50.0, 20)), NONE)[1]
    assert (point.numbers["side"], point.numbers["missed"]) == ("marketing", 30.0)
    assert "marketing gave sales 20 qualified leads and owed 50 by then, 60 % short" in point.said["en"]


def test_kept_promises_and_none_at_all_are_told_apart() -> None:
    kept = talk([], sla(owing("Sato", (10, 10)), marketing=Supply(10, 10.0, 12)), NONE)[1]
    none = talk([], sla(), NONE)[1]
    assert (kept.found, none.found) == (False, False)
    assert kept.said["en"] == "Both sides kept every promise that is settled."
    assert none.said["en"].startswith("No promise of this month is settled")


def won(lead_id: str, feature: str) -> MissedWin:
    reasons = ({"feature": feature, "value": 1, "contribution": -0.5},)
    return MissedWin(lead_id, "", "", "log", 10, "D", 0.01, ("grade",), None, None, reasons)


def test_missed_wins_are_counted_with_what_pulled_them_down_most_often() -> None:
    rows = (won("A", "age"), won("B", "visits"), won("C", "age"))
    point = talk([], sla(), Missed(12, 10, 10, 3, None, rows))[2]
    assert "3 of the 10 wins with a score from before had scored low (30 %)" in point.said["en"]
    assert "most often: age (2)" in point.said["en"]
    assert "10 件のうち 3 件（30 %）" in point.said["ja"]


def test_no_wins_no_scores_and_none_missed_are_told_apart() -> None:
    said = [
        talk([], sla(), one)[2].said["en"]
        for one in (NONE, Missed(4, 0, 0, 0, None, ()), Missed(4, 4, 4, 0, None, ()))
    ]
    assert said[0].startswith("Nothing was won")
    assert said[1].startswith("Whether wins were missed cannot be said: of the 4 wins")
    assert said[2].startswith("No win was missed: all 4 wins")
