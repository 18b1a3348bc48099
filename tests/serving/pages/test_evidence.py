"""How good a model is, read from the report that its scorecard carries."""

from typing import Any

from serving.pages.evidence import GLANCE, Evidence
from serving.pages.promise import promises_of, worst_of


def ends(value: float, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high}


def report(**other: Any) -> dict[str, Any]:
    """What is better by log loss, what is worse, and what nobody can tell apart from the scorecard."""
    losses = {
        "scorecard": 0.30,
        "base rate": 0.40,
        "logistic regression": 0.29,
        "unrestricted boosting": 0.31,
    }
    return {
        "bootstrap": {
            "estimates": {name: {"log_loss": ends(loss, loss - 0.02, loss + 0.02)} for name, loss in losses.items()},
            "differences": {
                "base rate": {"log_loss": ends(0.10, 0.08, 0.12)},
                "logistic regression": {"log_loss": ends(-0.01, -0.015, -0.005)},
                "unrestricted boosting": {"log_loss": ends(0.01, -0.01, 0.03)},
            },
        },
        **other,
    }  # fmt: skip


def use(name: str, promised: float, rate: float, low: float, high: float) -> dict[str, Any]:
    return {"use": name, "leads": 100, "promised": promised, "rate": rate, "rate_low": low, "rate_high": high}


def test_what_is_better_or_worse_is_so_beyond_chance():
    found = Evidence(report())
    assert found.rivals() == {
        "better": ["logistic regression"],
        "worse": ["base rate"],
        "": ["unrestricted boosting"],
    }
    assert (found.price, found.boosting) == (ends(0.01, -0.01, 0.03), "")


def test_every_metric_is_said_with_its_interval_and_a_dash_where_nobody_counted():
    rows = Evidence(report()).compared(GLANCE, "ja")
    assert [said for _, said, _ in rows][-1] == "スコアカード"
    loss, auc, _ = rows[0][2]
    assert (loss.value, loss.low, loss.high, loss.verdict) == ("0.4000", "0.3800", "0.4200", "worse")
    assert auc.value == ""


def test_of_several_uses_the_promise_missed_by_most_is_told():
    found = Evidence(
        report(uses=[use("creation", 0.09, 0.11, 0.1, 0.12), use("open", 0.05, 0.02, 0.01, 0.03)])
    )
    assert [one.gap for one in found.promises] == ["too little", "too much"]
    worst = worst_of(found.promises)
    assert worst is not None
    assert worst.use == "open"


def test_promises_that_were_kept_have_no_worst():
    assert worst_of(promises_of([use("open", 0.05, 0.05, 0.04, 0.06)], ())) is None
    assert promises_of((), ()) == []


def test_the_audit_is_told_a_column_at_a_time_the_gravest_first():
    def finding(column: str, severity: str, *, out: bool = False) -> dict[str, Any]:
        return {
            "column": column,
            "severity": severity,
            "left_out": out,
            "code": "",
            "evidence": {},
            "advice": "",
        }

    found = Evidence(
        report(
            audit=[
                finding("b", "warning"),
                finding("a", "note"),
                finding("c", "note"),
                finding("c", "severe", out=True),
            ]
        )
    )
    grave, notes = found.audit
    assert [column for column, _ in grave] == ["c", "b"]
    assert [column for column, _ in notes] == ["a"]
    assert [one["severity"] for one in grave[0][1]] == ["severe", "note"]
    assert found.left_out == ["c"]


def test_blocks_are_told_in_the_order_of_time():
    found = Evidence(
        {
            **report(plan={"kind": "forward", "folds": [{"cut": 0.0, "tested_on": 10, "converted": 2}]}),
            "bootstrap": {
                "estimates": {"scorecard": {}, "base rate": {}},
                "blocks": {"0": {"scorecard": {"log_loss": 0.3}, "base rate": {"log_loss": 0.4}}},
            },
        }
    )
    assert found.in_blocks == ("base rate", "scorecard")
    assert [(one.number, one.leads, one.losses) for one in found.blocks] == [(1, 10, (0.4, 0.3))]


def test_a_points_rule_carries_no_evidence():
    found = Evidence({})
    assert not found.known
    assert (found.promises, found.bands, found.blocks, found.held, found.left_out) == ([], [], [], None, [])
