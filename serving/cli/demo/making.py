"""The steps of the demo, from an empty store to a company in the middle of its work; each is done once."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from scoring.contract_cells import Customs
from scoring.errors import LeadLoopError
from scoring.io.mapping_file import read_meaning
from scoring.io.settings import Settings
from scoring.io.store import Store, open_store
from scoring.io.store.engine import reading
from scoring.io.store.handoffs import unanswered
from scoring.observed import Ways
from scoring.readiness import readiness
from serving.cli.demo.company import CLOSES, MONTHS, SELLING, Company
from serving.cli.demo.lived import cards_of, live, rescore
from serving.cli.terminal import console
from serving.importing import import_files
from serving.kept_reports import renewed_lately
from serving.proposing import Asked, publish
from serving.queueing import refresh_queue
from serving.watcher import watch_store

TARGETS = ("sql", "won")
TABLES = ("leads", "activities", "touches", "outcomes", "changes", "assignments", "campaigns")
# What is printed of a model's report; the whole of it is kept.
SHOWN = ("The answer", "Do the likelihoods hold?")
# Half the usual tests forward in time and few settings, so that nobody waits for long.
FOLDS = 2
AUTHOR = "the demo"


def make(company: Company, given: Settings) -> None:
    """Tell the company's life; what was told before it was stopped is not told again.

    Parameters
    ----------
    company : Company
        The company.
    given : Settings
        What it has set.

    Raises
    ------
    LeadLoopError
        If its leads are too few to learn from.
    """
    now = min(datetime.now(UTC), company.at(company.end, CLOSES))
    with open_store(given.database_url, given.primary) as store:
        console.rule("1 · A company is made up")
        _make_up(company)
        console.rule("2 · What its CRM knows is imported")
        _import(store, company, given)
        console.rule(f"3 · Models are learned from what was known on {company.since}")
        _learn(store, company, given)
        console.rule(f"4 · Since {company.since} leads are scored, handed over and answered")
        company = _live(store, company, given, now)
        console.rule("5 · Today")
        _today(store, given, now)
    company.keep(is_whole=True)


def _make_up(company: Company) -> None:
    from training.simulate import simulate

    world = simulate(
        company.folder, end=company.end, leads=company.leads, months=MONTHS, seed=company.seed, reps=SELLING,
        handed_since=company.since,
    )  # fmt: skip
    console.print(
        f"{company.leads:,} leads from {world.start} to {world.end}, {world.won_rate:.1%} of those old enough to count "
        f"won within 90 days.\nTables of the CRM, with English and Japanese values: {company.folder}",
        markup=False,
    )


def _import(store: Store, company: Company, given: Settings) -> None:
    if not store.lead_count():
        files = {name: company.folder / f"{name}.csv" for name in TABLES}
        customs = Customs(given.time.zone, None, given.reading.missing)
        import_files(store, files, read_meaning("csv"), customs, datetime.now(UTC))
    found = readiness(store.ledger(), given.targets, Ways(time_zone=given.time.zone))
    events = ", ".join(f"{count:,} {name}" for name, count in found.events.items() if count)
    console.print(f"{found.leads:,} leads, {events}.", markup=False)
    for one in found.targets:
        console.print(
            f"{one.target} within {one.horizon_days} days: {one.converted:,} of {one.mature:,} leads that are old "
            f"enough to say, and {one.censored:,} that are too young.",
            markup=False,
        )


def _learn(store: Store, company: Company, given: Settings) -> None:
    """Learn each target as on the morning on which it began, from nothing that was known later."""
    from serving.cli.train.run import run_store
    from training.intake import Asked as Learned
    from training.run import Effort

    began = company.at(company.since)
    for target in TARGETS:
        if not store.champions(target):
            asked = Learned(
                target=target, horizon_days=given.targets[target], time_zone=given.time.zone,
                missing=given.reading.missing,
            )  # fmt: skip
            effort = Effort(folds=FOLDS, jobs=os.cpu_count() or 1, cache=given.home / "cache", brief=True)
            shown = SHOWN if target == given.primary else SHOWN[:1]
            run_store(asked, effort, given, as_of=began, now=began, promote="auto", only=shown)
        if not store.champions(target):
            raise LeadLoopError(
                f"So few leads do not tell what leads to {target}. Delete {given.home} and make up more of them with "
                "--leads."
            )


def _live(store: Store, company: Company, given: Settings, now: datetime) -> Company:
    from training.simulate.clock import working_days

    if store.policy() is None:
        publish(store, given, Asked(), AUTHOR, "agreed by marketing and sales", company.at(company.since))
    policy = store.policy()
    assert policy is not None
    console.print(
        f"Policy {policy.key}: leads are handed over from {policy.threshold:.1%} of reaching {policy.target} on.",
        markup=False,
    )
    with console.status("Day by day …") as status:
        return live(
            store, given, company, working_days(company.since, company.end), now,
            began=lambda day: status.update(f"Day by day: {day} …"),
            ended=lambda month: console.print(month.said, markup=False),
        )  # fmt: skip


def _today(store: Store, given: Settings, now: datetime) -> None:
    """The last look at everything, from which the pages and the commands go on."""
    done = rescore(store, given, cards_of(store, given), now)
    for target, one in done.items():
        grades = " · ".join(f"{grade} {one.grades.get(grade, 0):,}" for grade in "ABCD")
        console.print(f"{one.open:,} open leads scored for {target} ({grades}): {one.target}", markup=False)
    waiting = refresh_queue(store, given, now)
    with reading(store.engine) as connection:
        pending = len(unanswered(connection))
    console.print(f"{waiting:,} leads in the queue, {pending:,} handoffs wait for your answer.", markup=False)
    for found in watch_store(store, list(given.targets), now):
        graver = sum(finding.severity != "note" for finding in found.findings)
        advice = "train again" if found.retrain else "no need to train again"
        console.print(f"watch, {found.target}: {graver} findings, {advice}.", markup=False)
    with console.status("Counting the months …"):
        months = " and ".join(month.name for month in renewed_lately(store, given, now))
    console.print(f"The reports of {months} are made.", markup=False)
    _review(store, given)


def _review(store: Store, given: Settings) -> None:
    """Let the analyst's notebook review what is live; nothing else is the worse for it if it cannot."""
    from serving.cli.train.review import review_of

    for target in given.targets:
        for champion in store.champions(target)[:1]:
            review_of(given, champion.version)
