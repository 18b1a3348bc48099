"""Sentences that are kept in English with a model or a finding, in the reader's language.

They were written down when the model was trained or the data were watched, so they are known by their form; what
people wrote themselves is shown as they wrote it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from serving.pages.retelling import Sentences, retell
from serving.pages.site import Reader
from serving.pages.words import mark

#: What gates and histories say, leaks and watches advise: as it is.
WHOLE: Final = (
    mark("the first model: it beats the base rate on leads kept aside"),
    mark("the first model: it beats the base rate and the points rule on leads kept aside"),
    mark("it does not beat the base rate on leads kept aside"),
    mark("it does not beat the base rate and the points rule on leads kept aside"),
    mark("the champion's recipe on the newest leads, which leave nothing to compare"),
    mark("the champion's recipe, now with enough leads to be judged by"),
    mark("the champion's recipe on newer leads; without a time there is nothing to compare"),
    mark("asked for with --promote yes"),
    mark("asked for with --promote no"),
    mark("promoted by hand"),
    mark("rolled back by hand"),
    mark("no model yet: the points rule of the settings serves"),
    mark("no model beats your points rule yet"),
    mark("Judged on random folds, because there is no time column: results forward in time will be worse."),
    mark("Filled (almost) only for leads that converted: it was written after the outcome. Leave it out."),
    mark(
        "Filled (almost) only for leads that did not convert: it was written after the outcome. Leave it out."
    ),
    mark("Tells converted leads from others almost without error: a copy of the outcome."),
    mark(
        "Tells converted leads from others almost without error among the leads that have a value: a copy of the "
        "outcome."
    ),
    mark("Unusually telling alone. Make sure that it is known when leads are scored."),
    mark("Being filled goes with the outcome. Make sure that it is not filled in by sales along the way."),
    mark("Lies after all other dates of the lead. Make sure that it is known when leads are scored."),
    mark("Tells new leads from old ones, so what was learned from it may not hold for coming leads."),
    mark("Its values are spread differently among new leads: what was learned from it may not last."),
    mark("The same for every lead: nothing can be learned from it. Left out."),
    mark("Different for (almost) every lead: it names the lead and says nothing of the next one. Left out."),
    mark("Its history shows that it is first filled in when the outcome is known. Leave it out."),
    mark("Its last change falls on the day of the outcome. Make sure that it is not written with it."),
    mark("Left out as asked."),
    mark("Kept as asked."),
    mark("Kept as asked, although it looks like a leak."),
    mark("Nothing new for long: see that the import still runs."),
    mark("Missing far more often than when the model learned: see whether the source still sends it."),
    mark("Its values are spread differently now. Train again, so that the model knows them."),
    mark("Watch it."),
    mark("The likelihoods hold."),
    mark("No grade converts less often than a worse one."),
    mark("A better grade converts less often than a worse one. Train again."),
    mark("Much has come since the model learned. Train again."),
    mark("Nothing to do."),
    mark("Points serve until there are enough conversions to learn from."),
    mark("There may be enough to learn from. Train a first model."),
    mark("past scores"),
    mark("all leads"),
    mark("grades"),
    mark("the model"),
    mark("the points rule"),
    mark("leads"),
    mark("changes"),
    mark("activities"),
    mark("touches"),
    mark("outcomes"),
    mark("assignments"),
    mark("no horizon"),
)
#: And those that carry something of their own.
FORMS: Final[Sentences] = {
    "the champion's labels have {was} and these have {now}, so the two cannot be compared; --promote yes puts "
    "the new model into service all the same": mark(
        "the champion's labels have {was} and these have {now}, so the two cannot be compared"
    ),
    "the champion reads columns that this file lacks ({names}), so the two cannot be compared; --promote yes "
    "puts the new model into service all the same": mark(
        "the champion reads columns that these leads lack ({names}), so the two cannot be compared"
    ),
    r"no newest cohort has {least:\d+} conversions with {again:\d+} known before it (there are {won:[\d,]+} in "
    "all), so the gate cannot tell two apart": mark(
        "no newest cohort has {least} conversions with as many known before it (there are {won} in all), so the "
        "two cannot be told apart"
    ),
    r"the leads hold {won:\d+} conversions, and the gate needs {least:\d+} to tell two apart": mark(
        "the leads hold {won} conversions, and it takes {least} to tell two models apart"
    ),
    mark(
        "the champion's recipe on newer leads, judged on the newest: log loss gain {gain} ({low} to {high})"
    ): None,
    mark("a better recipe on the newest leads: log loss gain {gain} ({low} to {high})"): None,
    mark(
        "no proof that its recipe is better on the newest leads: log loss gain {gain} ({low} to {high})"
    ): None,
    r"Judged forward in time: {count:\d+} times learned from the past, tested on what came next.": mark(
        "Judged forward in time: {count} times learned from the past, tested on what came next."
    ),
    r"Judged on random folds, because too few conversions for a test forward in time ({won:\d+}; it takes "
    r"{least:\d+}): results forward in time will be worse.": mark(
        "Judged on random folds, because there are too few conversions for a test forward in time ({won}; it "
        "takes {least}): results forward in time will be worse."
    ),
    "Its name has '{word}' in it. Make sure that its value is from before the outcome.": mark(
        "Its name has “{word}” in it. Make sure that its value is from before the outcome."
    ),
    r"Too few past scores are mature to say whether likelihoods hold ({least:\d+} are needed).": mark(
        "Too few past scores are mature to say whether likelihoods hold ({least} are needed)."
    ),
    "Promised {promised:.+ %}, came {came:.+ %}. Train again.": mark(
        "Promised {promised}, came {came}. Train again."
    ),
    "Promised {promised:.+ %}, came {came:.+ %}.": mark("Promised {promised}, came {came}."),
    "grade {grade:[A-D]}": mark("grade {grade}"),
    r"{days:\d+} days": mark("{days} days"),
}
_SENTENCES: Final[Sentences] = {**dict.fromkeys(WHOLE), **FORMS}

Kind = Literal["share", "number", "exact"]
#: What a finding rests on: its name, and how it is said.
EVIDENCE: Final[Mapping[str, tuple[str, Kind]]] = {
    "filled": (mark("filled"), "number"),
    "filled_for_the_other_outcome": (mark("of them with the other outcome"), "number"),
    "filled_of_converted": (mark("filled among converted leads"), "share"),
    "filled_of_others": (mark("filled among the others"), "share"),
    "auc": (mark("AUC alone"), "exact"),
    "filled_auc": (mark("AUC among leads that have a value"), "exact"),
    "auc_of_missing": (mark("AUC of being filled"), "exact"),
    "strength": (mark("strength of the name as evidence"), "exact"),
    "share_later": (mark("leads concerned"), "share"),
    "auc_of_late": ("AUC", "exact"),
    "psi": ("PSI", "exact"),
    "distinct": (mark("different values"), "number"),
    "share_after": (mark("leads concerned"), "share"),
    "leads": (mark("leads compared"), "number"),
    "share_at_end": (mark("leads concerned"), "share"),
    "days_silent": (mark("days without anything new"), "number"),
    "usual_gap_days": (mark("usual days in between"), "exact"),
    "missing_before": (mark("missing before"), "share"),
    "missing_now": (mark("missing now"), "share"),
    "mature": (mark("mature scores"), "number"),
    "of": (mark("scores in all"), "number"),
    "scores": (mark("scores"), "number"),
    "promised": (mark("promised"), "share"),
    "observed": (mark("observed"), "share"),
    "chance": (mark("likelihood that chance alone does this"), "share"),
    "conversions_since": (mark("conversions since it learned"), "number"),
    "days": (mark("days since it could have learned"), "number"),
    "conversions": (mark("conversions"), "number"),
    "needed": (mark("needed"), "number"),
    "rate_A": (mark("rate of grade A"), "share"),
    "rate_B": (mark("rate of grade B"), "share"),
    "rate_C": (mark("rate of grade C"), "share"),
    "rate_D": (mark("rate of grade D"), "share"),
}
#: What the audit and a watch find.
CODES: Final[Mapping[str, str]] = {
    "filled_only_after": mark("filled for one outcome only"),
    "near_copy_of_label": mark("a copy of the outcome"),
    "too_good_alone": mark("unusually telling alone"),
    "missing_tells": mark("being filled tells the outcome"),
    "name_says_outcome": mark("its name speaks of the outcome"),
    "later_than_others": mark("later than all other dates"),
    "time_proxy": mark("tells new leads from old ones"),
    "drifted": mark("spread differently among new leads"),
    "constant": mark("the same for every lead"),
    "identifier": mark("names single leads"),
    "filled_after_outcome": mark("first filled after the outcome"),
    "constant_after_outcome": mark("last changed on the day of the outcome"),
    "excluded_by_user": mark("left out as asked"),
    "kept_by_user": mark("kept as asked"),
    "stale": mark("no new data"),
    "missing": mark("missing more often"),
    "drift": mark("moved"),
    "immature": mark("too early to tell"),
    "calibration": mark("promised against observed"),
    "bands": mark("order of the grades"),
    "age": mark("age of the model"),
    "cold_start": mark("before the first model"),
}
#: How grave a finding is, and what a line of the trail says was done.
SEVERITIES: Final = (mark("severe"), mark("warning"), mark("note"))
DONE: Final = (mark("promote"), mark("rollback"))


def retold(reader: Reader, text: str) -> str:
    """A kept sentence in the reader's language; what people wrote stays as they wrote it.

    Parameters
    ----------
    reader : Reader
        Who reads it.
    text : str
        The sentence in English.
    """
    told = retell(text, _SENTENCES, reader.say, lambda _, part: retold(reader, part))
    return text if told is None else told


def code_said(reader: Reader, code: str) -> str:
    """What kind of thing was found."""
    return reader.say(CODES[code]) if code in CODES else code.replace("_", " ")


def evidence_said(reader: Reader, evidence: Mapping[str, Any]) -> list[str]:
    """What a finding rests on, a piece of evidence each, in the order of the table.

    Parameters
    ----------
    reader : Reader
        Who reads it.
    evidence : mapping of str to number
        As the finding has it.
    """
    says = {
        "share": lambda value: reader.formats.percent(value),
        "number": lambda value: reader.formats.number(value),
        "exact": lambda value: reader.formats.number(value, 2),
    }
    known = ((said, evidence[name]) for name, said in EVIDENCE.items() if name in evidence)
    return [f"{reader.say(what)} {says[kind](value)}" for (what, kind), value in known]
