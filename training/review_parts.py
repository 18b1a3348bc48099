"""What a review says of a model: to each question a sentence that answers it, then charts and tables that bear it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from scoring.bands import calibration_table, lift_table
from scoring.bootstrap import paired_bootstrap
from scoring.charts import by_block, by_segment, calibration, lift, selection, shape
from scoring.charts.model import COMPARED
from scoring.reasons import bin_names
from scoring.scorecard import GRADES
from scoring.segments import LEAST_LEADS, Rate, Segment
from training.notebook import UNKNOWN
from training.review_tables import (
    DIGITS,
    Estimate,
    candidate,
    compared,
    grouped,
    percent,
    share,
    spread,
    threshold_said,
)
from training.review_words import WORDS
from training.reviewed import Reviewed

SCORECARD, *_, BASE_RATE = COMPARED
Part = str | dict[str, Any] | pd.DataFrame
# Groups that a chart shows; the tables show all.
MOST_GROUPS: Final = 12
MOST_REASONS: Final = 8


def summary(review: Reviewed) -> list[Part]:
    """Which model this is, since when it is in service, and what it was tested on."""
    words, model, meta, live = WORDS[review.lang], review.model, review.card.meta, review.live
    within = words["within"].format(target=model.target, days=model.horizon_days)
    rows, leads = f"{len(review.held):,}", f"{review.held['lead_id'].nunique():,}"
    found = {
        words["target"]: model.target if model.horizon_days is None else within,
        words["service"]: words["not_live"]
        if live is None
        else words["since"].format(
            day=f"{live.promoted_at:%Y-%m-%d}", reason=words.get(live.reason, live.reason)
        ),
        words["learned"]: words["rows"].format(rows=f"{meta.rows:,}", rate=percent(meta.base_rate)),
        words["newest"]: UNKNOWN if model.trained_until is None else f"{model.trained_until:%Y-%m-%d}",
        words["tested"]: words["unseen"].format(rows=rows, leads=leads),
    }
    return [pd.DataFrame({review.version: found})]


def simpler(review: Reviewed) -> list[Part]:
    """Whether it is better than something simpler, or freer."""
    words, found = WORDS[review.lang], review.card.report.get("bootstrap")
    if found is None:
        return [words["untested"]]
    lang, estimates, apart = review.lang, found["estimates"], found["differences"]
    loss = apart[BASE_RATE]["log_loss"]
    own = f"{estimates[SCORECARD]['log_loss']['value']:.{DIGITS['log_loss']}f}"
    answer = words["beats" if loss["low"] > 0 else "loses"].format(
        own=own, more=spread(loss, "log_loss", lang)
    )
    others = [name for name in apart if name not in (BASE_RATE, SCORECARD)]
    if others:
        best = min(others, key=lambda name: apart[name]["log_loss"]["value"])
        more = apart[best]["log_loss"]
        answer += words["best_other"].format(
            name=candidate(best, lang), more=spread(more, "log_loss", lang), verdict=_verdict(more, review)
        )
    return [answer, compared(estimates, words["metric"], lang), compared(apart, words["less"], lang)]


def against_rivals(review: Reviewed) -> list[Part]:
    """Whether it is better than the other models of its stage, on the leads on which both were tested."""
    words, said, rows = WORDS[review.lang], [], {}
    for rival, theirs in review.rivals.items():
        both = review.held.merge(theirs, on=["lead_id", "as_of"], suffixes=("", "_theirs"))
        if both["label"].nunique() < 2 or (both["label"] != both["label_theirs"]).any():
            continue
        likelihoods = {review.version: both["likelihood"], rival: both["likelihood_theirs"]}
        both_judged = paired_bootstrap(
            both["label"], likelihoods, seed=0, weight=both["weight"], groups=both["lead_id"].to_numpy()
        ).to_dict()
        apart = both_judged["differences"][rival]
        more, verdict = (
            spread(apart["log_loss"], "log_loss", review.lang),
            _verdict(apart["log_loss"], review),
        )
        said.append(words["rival"].format(version=rival, more=more, rows=f"{len(both):,}", verdict=verdict))
        rows |= both_judged["estimates"]
    return ["\n\n".join(said), compared(rows, words["metric"], review.lang)] if rows else [words["no_rival"]]


def blocks(review: Reviewed, metrics: tuple[str, ...] = ("log_loss", "auc")) -> list[Part]:
    """Whether it holds from one block of time to the next."""
    words, found = WORDS[review.lang], review.card.report.get("bootstrap")
    if found is None:
        return [words["untested"]]
    tests = [block for block in found["blocks"].values() if block[SCORECARD]["log_loss"] is not None]
    better = sum(block[SCORECARD]["log_loss"] < block[BASE_RATE]["log_loss"] for block in tests)
    charts = [by_block(found, metric, lang=review.lang) for metric in metrics]
    return [words["blocks"].format(better=better, blocks=len(tests)), *charts]


def promises(review: Reviewed) -> list[Part]:
    """Whether its likelihoods hold, for all leads, and for new and open ones apart."""
    words, held = WORDS[review.lang], review.held
    if held.empty:
        return [words["untested"]]
    bands = calibration_table(held["label"], held["likelihood"], held["weight"])
    kept = sum(band.rate_low <= band.likelihood <= band.rate_high for band in bands)
    promised, came = (
        float(np.average(held[name], weights=held["weight"])) for name in ("likelihood", "label")
    )
    answer = words["bands"].format(
        held=kept, bands=len(bands), promised=percent(promised), observed=percent(came)
    )
    rows = {
        words[use["use"]]: {
            words["leads"]: f"{use['leads']:,}",
            words["promised"]: percent(use["promised"]),
            words["observed"]: share(
                Rate(value=use["rate"], low=use["rate_low"], high=use["rate_high"]), review.lang
            ),
        }
        for use in review.card.report.get("uses", ())
    }
    apart: list[Part] = [pd.DataFrame.from_dict(rows, orient="index")] if rows else []
    return [answer, calibration(bands, lang=review.lang), *apart]


def order(review: Reviewed) -> list[Part]:
    """How much calling in its order finds."""
    words, held = WORDS[review.lang], review.held
    if held.empty:
        return [words["untested"]]
    rows = lift_table(held["label"], held["likelihood"], held["weight"])
    best = rows[0]
    said = words["order"].format(share=percent(best.capture), lift=f"{best.lift or 0:.1f}")
    return [said, lift(rows, lang=review.lang)]


def shapes(review: Reviewed, most: int = 6) -> list[Part]:
    """What its strongest features add, value by value."""
    lang = review.lang
    return [
        shape(term, bin_names(review.card, term, lang), title=review.said(name), lang=lang)
        for name, term in list(review.terms.items())[:most]
    ]


def segments(review: Reviewed, most: int = 3) -> list[Part]:
    """Whether it holds by each of the strongest features that say who a lead is."""
    names = review.fits[:most]
    found = [(f"### {review.said(name)}", *groups(review, name)) for name in names]
    return [part for parts in found for part in parts] if found else groups(review)


def groups(review: Reviewed, *names: str) -> list[Part]:
    """Whether it holds in every group that some attributes make together: a segment, or a persona.

    Parameters
    ----------
    review : Reviewed
        The model.
    *names : str
        Features or properties.
    """
    words = WORDS[review.lang]
    if review.attributes is None:
        return [words["absent"]]
    if not names:
        return [words["no_fit"]]
    found = review.groups(*names)
    held = words["hold"].format(held=sum(one.holds for one in found), groups=len(found))
    off = [
        words["too_much"].format(
            name=one.name, promised=percent(one.likelihood), observed=percent(one.rate.value)
        )
        for one in found
        if not one.holds
    ]
    if off:
        held += words["off"].format(names=("、" if review.lang == "ja" else "; ").join(off))
    what = " · ".join(review.said(name) for name in names)
    return [
        held,
        by_segment(found[:MOST_GROUPS], what, lang=review.lang),
        grouped(found, review.lang, title=what),
    ]


def missed(review: Reviewed) -> list[Part]:
    """Which of the leads that converted it never gave more than a C, and what pulled these down."""
    words, held = WORDS[review.lang], review.held
    if held.empty:
        return [words["untested"]]
    best = held[held["label"] == 1].sort_values("likelihood").groupby("lead_id").tail(1)
    place = (best["likelihood"].to_numpy()[:, None] < np.array(review.cuts)[None, :]).sum(axis=1)
    grade = pd.Series(np.array(list(GRADES))[place], index=best.index)
    counts = grade.value_counts().reindex(list(GRADES), fill_value=0)
    total, low = int(counts.sum()), int(counts[["C", "D"]].sum())
    said = words["missed"].format(missed=low, wins=f"{total:,}", share=percent(low / max(total, 1)))
    shares = {
        words["wins"]: [f"{count:,}" for count in counts],
        words["share"]: [percent(count / max(total, 1)) for count in counts],
    }
    table = pd.DataFrame(shares, index=pd.Index(list(GRADES), name=words["grade"]))
    return [said, table, *_pulled(review, best.index[grade.isin(["C", "D"])])]


def fairness(review: Reviewed, attribute: str | None = None) -> list[Part]:
    """Who is promised what, who reaches the threshold, and whose coming wins do, by one attribute.

    Parameters
    ----------
    review : Reviewed
        The model.
    attribute : str, optional
        Also one that the model does not read; by default the first by which there is something to compare.
    """
    words, lang, threshold = WORDS[review.lang], review.lang, review.threshold
    if review.attributes is None:
        return [words["absent"]]
    name = attribute or review.attribute
    if name is None:
        return [words["no_groups"].format(names=", ".join(review.attributes.names))]
    found, what = review.groups(name), review.said(name)
    charts: list[Part] = [
        by_segment(found[:MOST_GROUPS], what, lang=lang),
        selection(found[:MOST_GROUPS], what, float(f"{threshold:.3g}"), lang=lang),
        grouped(found, lang, threshold, what),
    ]
    named = [one for one in found if one.selected is not None and one.leads >= LEAST_LEADS]
    if len(named) < 2:
        return charts
    low, high = (pick(named, key=_selected) for pick in (min, max))
    assert low.selected is not None
    assert high.selected is not None
    said = words["fair"].format(
        what=what, threshold=threshold_said(threshold), low=low.name, high=high.name,
        which=words["grade_b"] if review.policy is None else words["policy"].format(key=review.policy.key),
        low_rate=percent(low.selected.value), high_rate=percent(high.selected.value),
        overlap=words["overlap" if low.selected.high >= high.selected.low else "apart"],
    )  # fmt: skip
    return [said, *charts]


def left_out(review: Reviewed) -> list[Part]:
    """Which columns look as if they knew the outcome, and which were left out."""
    words = WORDS[review.lang]
    findings = [one for one in review.card.report.get("audit", ()) if one["severity"] != "note"]
    if not findings:
        return [words["nothing_left_out"]]
    rows: dict[str, dict[str, str]] = {}
    for one in findings:
        row = rows.setdefault(one["column"], {words["findings"]: "", words["is_out"]: words["no"]})
        said = words.get(one["code"], one["code"])
        row[words["findings"]] += ("; " if row[words["findings"]] else "") + said
        if one["left_out"]:
            row[words["is_out"]] = words["yes"]
    out = sum(row[words["is_out"]] == words["yes"] for row in rows.values())
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis(words["column"])
    return [words["left_out"].format(out=out, all=len(rows)), table]


def _pulled(review: Reviewed, rows: pd.Index) -> list[Part]:
    """What those of some rows have in common whose leads are known."""
    words, at = WORDS[review.lang], np.flatnonzero(review.known.index.isin(rows))
    if review.attributes is None or not len(at):
        return []
    parts = review.card.score_columns(review.attributes.features).contributions[at].mean(axis=0)
    names = [review.said(term.feature) for term in review.card.terms]
    low = pd.Series(parts, index=names).nsmallest(MOST_REASONS)
    said = [f"{value:+.2f}".replace("-", "−") for value in low]
    return [
        words["in_common"],
        pd.DataFrame({words["log_odds"]: said}, index=low.index.rename(words["pulled"])),
    ]


def _selected(one: Segment) -> float:
    return 0.0 if one.selected is None else one.selected.value or 0.0


def _verdict(apart: Estimate, review: Reviewed) -> str:
    """Whether a rival's log loss is higher (then the scorecard is better), lower, or neither beyond chance."""
    low, high = apart["low"], apart["high"]
    if low is None or high is None or low <= 0 <= high:
        return WORDS[review.lang]["even"]
    return WORDS[review.lang]["better" if low > 0 else "worse"]
