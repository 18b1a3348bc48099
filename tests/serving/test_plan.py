"""A plan over HTTP and on the command line: by hand, measured on a store, the same on both, and refused."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from scoring.contract_cells import Customs
from scoring.io.mapping_file import read_meaning
from scoring.io.sections import Capacity, Goal, Rep, Sections, Time, Value
from scoring.io.store import Store, open_store
from serving.cli import main
from serving.cli.terminal import settings
from serving.importing import import_files
from serving.plan_asked import UnfitPlan
from tests.readme import ROOT
from tests.service import NOW, keeping, problem

START = datetime(2025, 1, 1, tzinfo=UTC)
LEADS = 600
TEAM = Sections(
    goal=Goal(revenue=1_200_000.0),
    value=Value(currency="JPY"),
    capacity=Capacity(reps=4),
    time=Time(zone="Asia/Tokyo"),
)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a lead a day: every second is qualified after a day, every tenth won after ten."""
    folder = tmp_path_factory.mktemp("filled")
    leads, outcomes = ["lead_id,created_at,prefecture,owner"], ["lead_id,occurred_at,stage,amount,currency"]
    for lead in range(LEADS):
        at = START + timedelta(days=lead)
        leads.append(
            f"L-{lead},{at:%FT%TZ},{'東京都' if lead % 3 else '大阪府'},{'Sato' if lead % 4 else 'Ito'}"
        )
        if lead % 2 == 0:
            outcomes.append(f"L-{lead},{at + timedelta(days=1):%FT%TZ},mql,,")
        if lead % 10 == 0:
            amount = 50_000 if lead % 20 else 100_000
            outcomes.append(f"L-{lead},{at + timedelta(days=10):%FT%TZ},won,{amount},JPY")
    files = {"leads": folder / "leads.csv", "outcomes": folder / "outcomes.csv"}
    for name, rows in (("leads", leads), ("outcomes", outcomes)):
        files[name].write_text("\n".join(rows) + "\n", encoding="utf-8")
    with open_store(f"sqlite:///{folder / 'leadloop.db'}") as store:
        assert import_files(store, files, read_meaning("csv"), Customs(), NOW).written
    return folder


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder without settings or store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LEADLOOP_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "160")
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def run(*words: str) -> Result:
    return CliRunner().invoke(main.app, ["plan", *words])


def said(*words: str) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.output
    return result.output


def told(store: Store, team: Sections = TEAM, **asked: object) -> dict[str, Any]:
    with keeping(store, settings=team) as client:
        answer = client.get("/v1/plan", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(store: Store, team: Sections = TEAM, **asked: object) -> dict[str, Any]:
    with keeping(store, settings=team) as client:
        return problem(client.get("/v1/plan", params=asked), 422)


def test_a_plan_by_hand_needs_no_store(place: Path) -> None:
    text = said("--goal", "1200000", "--deal", "100000", "--close-rate", "0.02", "--start", "2026-11")

    assert "1,200,000 USD ÷ 100,000 USD a deal = 12 customers\n12 customers ÷ 2 % = 600 leads\n" in text
    assert "In 2026-11: 29 leads on each of 21 working days." in text
    assert "For 90 % certainty: 828 leads" in text
    assert "600 leads × 5 touches × 12 minutes = 600 hours" in text
    assert list(place.iterdir()) == []


def test_numbers_may_be_written_as_people_write_them(place: Path) -> None:
    plain = said(
        "--goal", "1200000", "--deal", "100000.50", "--close-rate", "0.02", "--certainty", "0.95", "--json"
    )

    assert plain == said(
        "--goal", "1,200,000", "--deal", "100,000.50", "--close-rate", "2%", "--certainty", "95 %", "--json"
    )  # fmt: skip
    assert json.loads(plain)["deal"] == 100000.5


def test_ten_customers_at_two_percent_are_500_leads(place: Path) -> None:
    found = json.loads(said("--customers", "10", "--close-rate", "0.02", "--seen", "500", "--json"))

    assert (found["customers"], found["leads"], found["revenue"], found["deal"]) == (10, 500, None, None)
    assert (found["leads_certain"], found["leads_certain_seen"]) == (708, 842)
    assert [(one["stage"], one["needed"]) for one in found["waterfall"]] == [("lead", 500), ("won", 10)]


def test_the_command_shows_parts_and_what_they_are_shared_by(place: Path) -> None:
    (place / "leadloop.toml").write_text(
        "[capacity]\nhours_per_rep = 100.0\n[[reps]]\nname = '佐藤'\n[[reps]]\nname = 'Abe'\n"
    )
    text = said("--customers", "3", "--close-rate", "2%", "--by", "rep", "--start", "2026-11")
    lines = [line.split() for line in text.splitlines()]

    assert ["rep", "lead", "won", "rate", "at", "90", "%", "hours", "of"] in lines
    assert ["佐藤", "100", "2", "2", "%*", "194", "100", "100"] in lines
    assert ["Abe", "50", "1", "2", "%*", "114", "50", "100"] in lines
    assert "Customers are shared out by what reps can take." in text
    assert "* the rate of all leads: it was given." in text
    alike = said("--customers", "3", "--close-rate", "2%", "--by", "month", "--months", "2")
    assert (
        "The months share alike: the store does not hold whole months of the past for each of them." in alike
    )


def test_the_service_gives_the_numbers_of_the_command(filled: Path, place: Path) -> None:
    (place / "leadloop.toml").write_text(
        '[goal]\nrevenue = 1200000.0\n[value]\ncurrency = "JPY"\n[capacity]\nreps = 4\n[time]\nzone = "Asia/Tokyo"\n'
    )
    (place / "home").mkdir()
    (place / "home" / "leadloop.db").write_bytes((filled / "leadloop.db").read_bytes())
    for asked in (
        {"start": "2026-12"},
        {"start": "2026-12", "by": "prefecture", "months": 3, "certainty": "0.95"},
        {"start": "2026-12", "by": "month", "months": 2},
        {"start": "2026-12", "by": "rep", "deal": "70000"},
        {
            "start": "2026-12",
            "goal": "1200000.5",
            "deal": "99.5",
            "close_rate": "0.02",
            "currency": "EUR",
            "seen": 80,
        },
    ):
        words = [
            word for name, value in asked.items() for word in (f"--{name.replace('_', '-')}", str(value))
        ]
        with open_store(f"sqlite:///{filled / 'leadloop.db'}") as store:
            assert told(store, **asked) == json.loads(said(*words, "--json"))


@pytest.fixture
def known(filled: Path) -> Iterator[Store]:
    """The store of leads whose rates are known by hand."""
    with open_store(f"sqlite:///{filled / 'leadloop.db'}") as store:
        yield store


def test_what_is_not_given_is_measured(known: Store) -> None:
    found = told(known)

    # Of a lead a day, those of days 10 to 510 count: 501, of which 251 were qualified and 51 won.
    assert found["measured"] == {
        "leads": 501, "since": "2025-01-11", "until": "2026-05-26", "horizon_days": 90,
    }  # fmt: skip
    # Of the last 365.25 days 18 deals brought 100,000 and 19 brought 50,000.
    assert (found["deal"], found["deals_seen"], found["customers"]) == (74_324, 37, 17)
    assert [(one["stage"], one["needed"], one["reached"], one["of"]) for one in found["waterfall"]] == [
        ("lead", 167, 251, 501),  # 17 × 501 ÷ 51
        ("mql", 84, 51, 251),  # 17 × 251 ÷ 51 = 83.7
        ("won", 17, None, None),
    ]
    assert found["passed_over"] == dict.fromkeys(("sal", "sql", "opportunity"), "never recorded")
    assert (found["leads"], found["seen"], found["close_rate"]) == (167, 501, 51 / 501)
    assert found["leads"] < found["leads_certain"] < found["leads_certain_seen"]


def test_sales_must_be_able_to_work_the_leads(known: Store) -> None:
    work = told(known)["work"]

    assert work == {
        "stage": "mql", "leads": 84, "touches_per_lead": 5.0, "minutes_per_touch": 12.0, "hours_needed": 84.0,
        "reps": 4, "hours_available": 480.0, "fits": True, "most_leads": 480, "most_customers": 97,
        "reps_needed": 1, "agreed_leads": 400,
    }  # fmt: skip
    work = told(known, customers=100, close_rate="0.02")["work"]
    assert (work["stage"], work["leads"], work["fits"]) == ("lead", 5_000, False)
    assert (work["most_customers"], work["reps_needed"]) == (9, 42)


def test_the_command_says_by_how_much_it_does_not_fit(place: Path) -> None:
    (place / "leadloop.toml").write_text("[capacity]\nreps = 4\n")
    text = said("--customers", "12", "--close-rate", "0.02")

    assert (
        "Sales: 600 leads × 5 touches × 12 minutes = 600 hours, but 4 reps have 480: it does not fit. They can work "
        "480 leads, enough for 9 customers. It takes 5 reps."
    ) in text
    assert "more than the 400 leads that reps take by agreement" in text


def test_parts_share_the_customers_and_use_rates_of_their_own(known: Store) -> None:
    found = told(known, by="prefecture")
    parts = {part["name"]: part for part in found["parts"]}

    # Days 10 to 510, every tenth: 51 won; 17 of them on a day that three divides, 34 on others.
    assert {name: part["customers"] for name, part in parts.items()} == {"東京都": 11, "大阪府": 6}
    assert {name: (part["seen"], part["own_rates"]) for name, part in parts.items()} == {
        "東京都": (334, True), "大阪府": (167, True),
    }  # fmt: skip
    assert parts["大阪府"]["needed"] == {"lead": 59, "mql": 30, "won": 6}  # 6 × 167 ÷ 17, 6 × 84 ÷ 17
    assert parts["大阪府"]["hours_available"] is None


def test_a_goal_for_several_months_is_shared_out_by_month(known: Store) -> None:
    found = told(known, by="month", months=3, start="2026-11")

    assert found["revenue"] == 3_600_000
    assert [part["name"] for part in found["parts"]] == found["months"] == ["2026-11", "2026-12", "2027-01"]
    assert sum(part["customers"] for part in found["parts"]) == found["customers"] == 49
    assert [part["working_days"] for part in found["parts"]] == [21, 23, 21]
    assert {part["hours_available"] for part in found["parts"]} == {480.0}
    assert found["shared_by"] == "won leads of whole months"


def test_reps_share_by_what_they_can_take_or_by_what_they_won(known: Store) -> None:
    # Every tenth day from 10 to 510 a lead was won: 25 of Ito's, who has those that 20 divides, and 26 of Sato's.
    team = TEAM.model_copy(update={"reps": (Rep(name="Sato", leads_per_month=50), Rep(name="Abe"))})

    assert {part["name"]: part["customers"] for part in told(known, by="rep")["parts"]} == {
        "Sato": 9,
        "Ito": 8,
    }
    listed = told(known, team, by="rep", customers=12)["parts"]
    assert [(part["name"], part["customers"], part["own_rates"]) for part in listed] == [
        ("Sato", 4, True), ("Abe", 8, False),
    ]  # fmt: skip
    assert {part["hours_available"] for part in listed} == {120.0}


@pytest.mark.parametrize(
    ("asked", "name", "rule"),
    [
        ({"goal": "0"}, "goal", "above 0"),
        ({"goal": "-5"}, "goal", "above 0"),
        ({"goal": "NaN"}, "goal", "finite"),
        ({"goal": "1e400"}, "goal", "at most 10^18"),
        ({"goal": "10.5"}, "goal", "must have no decimals in JPY"),
        ({"goal": "10.555", "currency": "USD", "deal": "1"}, "goal", "at most 2 decimals in USD"),
        ({"goal": "1000000000", "deal": "1"}, "goal", "at most 1,000,000 customers, and takes 1,000,000,000"),
        ({"deal": "0"}, "deal", "above 0"),
        ({"currency": "USD"}, "goal", "must be given in USD, since the settings have it in JPY"),
        ({"currency": "USD", "goal": "5"}, "deal", "must be given where neither"),
        ({"currency": "¥¥¥"}, "currency", "three letters"),
        ({"close_rate": "2"}, "close_rate", "above 0 and at most 1"),
        ({"close_rate": "1e-9"}, "close_rate", "not below 0.000001"),
        ({"certainty": "1"}, "certainty", "from 0.5 to 0.9999"),
        ({"certainty": "0.1"}, "certainty", "from 0.5 to 0.9999"),
        ({"customers": "0"}, "customers", "from 1 to 1,000,000"),
        ({"customers": "1.5"}, "customers", "valid integer"),
        ({"customers": "3", "goal": "5"}, "customers", "give either it or `goal`"),
        ({"seen": "100"}, "seen", "give both"),
        ({"seen": "0", "close_rate": "0.1"}, "seen", "from 1"),
        ({"months": "0"}, "months", "from 1 to 36"),
        ({"months": "37"}, "months", "from 1 to 36"),
        ({"start": "2026-13"}, "start", "a month such as 2026-11"),
        ({"start": "0001-01"}, "start", "from 1970-01"),
        ({"by": "colour"}, "by", "month, rep or a property"),
        ({"by": ""}, "by", "must not be empty"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_is_refused_under_its_name(
    known: Store, asked: dict[str, str], name: str, rule: str
) -> None:
    (fault,) = refused(known, **asked)["errors"]

    assert fault["pointer"] == f"query.{name}"
    assert rule in fault["detail"]


def test_an_empty_store_says_what_to_give(store: Store) -> None:
    assert "The store holds no won deal with an amount in JPY. Give `deal`." in refused(store)["detail"]
    assert refused(store, deal="5")["detail"] == (
        "The store holds no leads, so nothing can be measured. Give `close_rate`."
    )
    assert "Leave out `by`." in refused(store, deal="5", close_rate="0.1", by="source")["detail"]
    by_month = told(store, deal="100000", close_rate="0.02", by="month", months=2, start="2026-12")
    assert [part["customers"] for part in by_month["parts"]] == [12, 12]
    assert by_month["shared_by"] == "alike"


def test_the_settings_may_have_a_goal_of_customers_or_none(store: Store) -> None:
    of_customers = TEAM.model_copy(update={"goal": Goal(customers=10)})

    assert told(store, of_customers, close_rate="0.02", months=2)["leads"] == 1_000
    (fault,) = refused(store, Sections(), close_rate="0.02")["errors"]
    assert fault["detail"] == "must be given, or `customers`, where the settings have no [goal]"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--goal", "much"), "--goal must be a number such as 1200000 or 1,200,000.50"),
        (("--goal", "1,20"), "--goal must be a number"),
        (("--close-rate", "2%%"), "--close-rate must be a share such as 0.02 or 2%"),
        (("--close-rate", "-1"), "--close-rate must be a share such as"),
        (("--customers", "2.5"), "--customers must be a whole number"),
        (("--months", "0"), "--months must be a whole number from 1 to 36"),
        (("--customers", "5", "--goal", "7"), "--customers is the goal as a number of deals; give either it or --goal"),
        ((), "--goal must be given, or --customers, where the settings have no [goal]"),
        (("--customers", "5"), "The store holds no leads, so nothing can be measured. Give --close-rate."),
    ],
)  # fmt: skip
def test_the_command_refuses_under_the_names_of_its_options(
    place: Path, words: tuple[str, ...], message: str
) -> None:
    result = run(*words)

    assert isinstance(result.exception, UnfitPlan)
    assert message in str(result.exception)


def test_a_plan_needs_a_key_that_may_read(store: Store) -> None:
    _, score = store.create_key("scorer", ["score"], NOW)
    _, read = store.create_key("reader", ["read"], NOW)
    asked = {"customers": 10, "close_rate": "0.02"}
    with keeping(store) as client:
        answers = [
            client.get("/v1/plan", params=asked, headers=headers)
            for headers in ({}, {"Authorization": f"Bearer {score}"}, {"Authorization": f"Bearer {read}"})
        ]

    assert [answer.status_code for answer in answers] == [401, 403, 200]


def test_the_plan_is_documented(store: Store) -> None:
    with keeping(store) as client:
        operation = client.get("/openapi.json").json()["paths"]["/v1/plan"]["get"]
        page = client.get("/docs").text

    assert {one["name"] for one in operation["parameters"]} == {
        "goal", "deal", "close_rate", "customers", "certainty", "seen", "by", "months", "start", "currency",
    }  # fmt: skip
    assert all(one["description"] for one in operation["parameters"])
    assert "GET /v1/plan" in page
    assert "leads_certain_seen" in page


@pytest.mark.parametrize("page", ["README.md", "README.ja.md"])
def test_the_plan_shown_in_the_readme_is_what_the_command_says(place: Path, page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    shown = text.split("<!-- plan -->\n```text\n")[1].split("\n```\n<!-- /plan -->")[0]
    (words,) = re.findall(r"^leadloop plan (.*)$", text, flags=re.MULTILINE)
    (place / "leadloop.toml").write_text("[capacity]\nreps = 4\n")

    lines = [line.rstrip() for line in said(*words.split()).splitlines()]
    assert [line for line in lines if line] == [line for line in shown.splitlines() if line]
