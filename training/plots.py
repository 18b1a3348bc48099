"""The plots of a run."""

from __future__ import annotations

from scoring.bands import calibration_table, lift_table
from scoring.charts import calibration, lift, shape
from scoring.reasons import bin_names
from scoring.scorecard import Scorecard
from training.backtest import Backtest
from training.candidates import SCORECARD
from training.choice import Leads
from training.drawing import svg

SHAPES = 12


def draw(card: Scorecard, backtest: Backtest, leads: Leads, strongest: list[str]) -> dict[str, str]:
    """File name to SVG: calibration, lift, and the shapes of the strongest features.

    Parameters
    ----------
    card : Scorecard
        The model.
    backtest : Backtest
        Its held-out predictions.
    leads : Leads
        The leads.
    strongest : list of str
        Features in order of strength.
    """
    label, weight = leads.label[backtest.rows], leads.weight[backtest.rows]
    likelihood = backtest.likelihoods[SCORECARD]
    plots = {
        "plots/calibration.svg": svg(calibration(calibration_table(label, likelihood, weight))),
        "plots/lift.svg": svg(lift(lift_table(label, likelihood, weight))),
    }
    terms = {term.feature: term for term in card.terms}
    for rank, feature in enumerate(strongest[:SHAPES], start=1):
        term = terms[feature]
        plots[f"plots/shape_{rank:02d}.svg"] = svg(shape(term, bin_names(card, term)))
    return plots
