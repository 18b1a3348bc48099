"""What a run found, and the report made of it."""

import json
import re

import pandas as pd
import pytest

from scoring.scorecard import Meta
from tests.markets import market, outcomes, truth
from training import choice, folds
from training.facts import (
    beats,
    drivers,
    intake_facts,
    metric,
    price_of_readability,
    run_facts,
    worth_promoting,
)
from training.intake import Intake, Wanted, take_in
from training.plots import draw
from training.report import before_learning, markdown, report
from training.run import Effort, Trained, train_scorecard

SECRETS = ("geheim@example.com", "Taro Himitsu", "+81 90 1234 5678")


class Known:
    """A run, what it found, and its report."""

    intake: Intake
    trained: Trained
    found: dict
    text: str


def run_on(folder, *, forward: bool) -> Known:
    rows = 700
    frame = market(rows, seed=7)
    label = outcomes(truth(frame, base=0.0), seed=7)
    frame["lead_id"] = [f"L{row:04}" for row in range(rows)]
    frame["email"] = [SECRETS[0] if row % 3 else f"somebody{row}@firma.co.jp" for row in range(rows)]
    frame["name"] = [SECRETS[1] if row % 3 else f"Person {row}" for row in range(rows)]
    frame["phone"] = [SECRETS[2] if row % 3 else f"+81 90 0000 {row:04}" for row in range(rows)]
    frame["lost_reason"] = ["price" if not won else None for won in label]
    frame["created"] = pd.date_range("2026-01-01", periods=rows, freq="12h")
    path = folder / "leads.csv"
    frame.assign(Converted=label).to_csv(path, index=False)
    known = Known()
    known.intake = take_in(path, Wanted("Converted", time_column="created" if forward else None))
    meta = Meta("v1", "won", None, None, 0, 0, 0.0, as_of_column="created" if forward else None)
    known.trained = train_scorecard(
        known.intake.leads,
        meta,
        columns=known.intake.columns,
        features=known.intake.features,
        effort=Effort(folds=2, pairs=2),
    )
    known.found = intake_facts(known.intake, "won") | run_facts(known.intake, known.trained)
    known.text = markdown("won", [*report(known.found), *before_learning(known.found)])
    return known


@pytest.fixture(scope="module", params=[True, False], ids=["forward", "random"])
def known(request, tmp_path_factory) -> Known:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(choice, "ROUNDS", (30, 60))
        patch.setattr(folds, "FEW_ROWS", 0)
        return run_on(tmp_path_factory.mktemp("facts"), forward=request.param)


def test_facts_are_json_without_a_number_that_is_none(known: Known):
    assert json.loads(json.dumps(known.found, allow_nan=False)) == known.found


def test_rows_are_accounted_for(known: Known):
    rows = known.found["rows"]

    assert (rows["read"], rows["learned_from"], rows["rejected"]) == (700, 700, 0)
    assert rows["converted"] == known.intake.leads.label.sum()
    assert "700 rows in leads.csv: 700 learned from" in known.text


def test_no_personal_value_is_found_in_report_facts_or_scorecard(known: Known):
    card = known.trained.scorecard.to_json()
    plots = "".join(
        draw(known.trained.scorecard, known.trained.backtest, known.intake.leads, ["source"]).values()
    )

    for text in (known.text, json.dumps(known.found, ensure_ascii=False), card, plots):
        for secret in (*SECRETS, "somebody", "firma.co.jp", "Person 3", "0000 0003"):
            assert secret not in text


def test_every_candidate_is_named_in_the_report_with_its_interval(known: Known):
    names = ["base rate", "logistic regression", "unrestricted boosting", "scorecard"]
    if known.trained.plan.kind == "forward":
        names.append("newest first")

    for name in names:
        assert re.search(rf"^\| {name} \|.*\d\.\d+–\d\.\d+", known.text, re.MULTILINE)


def test_the_report_answers_first_and_says_how_it_was_judged(known: Known):
    titles = re.findall(r"^## (.*)", known.text, re.MULTILINE)

    assert titles[0] == "The answer"
    assert known.trained.plan.why in known.text
    assert "Price of readability: unrestricted boosting has" in known.text
    assert ("Forward in time, block by block" in titles) == (known.trained.plan.kind == "forward")
    assert known.trained.recipe.words() in known.text


def test_the_report_names_what_was_left_out_and_why(known: Known):
    assert "filled in once the outcome is known: lost_reason" in known.text
    assert re.search(r"^\| lead_id \| id \|.*left out", known.text, re.MULTILINE)


def test_every_table_of_the_report_is_a_rectangle(known: Known):
    for block in re.findall(r"(?:^\|.*\n)+", known.text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.strip().splitlines()}) == 1


def test_the_strongest_features_come_first(known: Known):
    strengths = [driver["strength"] for driver in known.found["drivers"]]

    assert strengths == sorted(strengths, reverse=True)
    assert {driver["feature"] for driver in known.found["drivers"]} == {
        term.feature for term in known.trained.scorecard.terms
    }
    assert drivers(known.trained.scorecard, known.intake)[0]["feature"] in ("visits", "source", "employees")


def test_metrics_prices_and_comparisons_are_read_off_the_facts(known: Known):
    ours, base = (metric(known.found, name, "log_loss")["value"] for name in ("scorecard", "base rate"))

    assert beats(known.found, "base rate") == (ours < base)
    assert beats(known.found, "points rule")
    assert worth_promoting(known.found) == (ours < base and not known.found["fell_back"])
    assert set(price_of_readability(known.found)) >= {"log_loss", "auc"}


def test_plots_of_calibration_lift_and_the_strongest_features_are_drawn(known: Known):
    strongest = [driver["feature"] for driver in known.found["drivers"]]
    plots = draw(known.trained.scorecard, known.trained.backtest, known.intake.leads, strongest)

    assert set(plots) >= {"plots/calibration.svg", "plots/lift.svg", "plots/shape_01.svg"}
    assert all(svg.startswith("<svg") for svg in plots.values())


def test_little_data_is_called_little(known: Known):
    assert known.found["small"]
    assert "This is little data (700 leads" in known.text


def test_a_cell_with_a_bar_does_not_break_a_table():
    from training.report import Section, Table

    text = markdown("t", [Section("s", [], Table(("a", "b"), [("x|y", "z\nw")]))])
    assert "| x\\|y | z · w |" in text
