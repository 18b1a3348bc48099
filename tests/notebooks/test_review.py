"""The rendered review stands by itself, says what the store says, and is kept where people find it."""

import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from scoring.io.registry import open_registry
from scoring.io.store import open_store
from scoring.scorecard import Scorecard
from serving.cli.train.review import review_of
from training import review as made
from training.review import NoReview, notebook_file, write_review

KANA = re.compile("[ぁ-ん]")


class Elements(HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def page(lived) -> str:
    review_of(lived.settings, lived.live)
    return (lived.home / "reviews" / f"{lived.live}.html").read_text(encoding="utf-8")


def test_a_review_asks_no_other_host_and_runs_no_script(page):
    elements = Elements(page).found

    assert {tag for tag, _ in elements} & {"script", "link", "iframe", "object", "img"} == set()
    addresses = [value for _, attrs in elements for name, value in attrs.items() if name in ("src", "href")]
    assert [one for one in addresses if not str(one).startswith("#")] == []
    assert "@import" not in page
    assert "url(" not in page


def test_a_review_says_the_numbers_of_the_scorecard(page, lived):
    with open_store(lived.settings.database_url, lived.settings.primary) as store:
        card = Scorecard.from_json(store.model(lived.live).scorecard)
        ids = set(store.backtest(lived.live)["lead_id"])
    text = Elements(page).text
    loss = card.report["bootstrap"]["estimates"]["scorecard"]["log_loss"]["value"]

    assert f"Its log loss is {loss:.3f};" in text
    assert lived.live in text
    assert f"{lived.rival}: its log loss less that" in text
    assert [lead_id for lead_id in ids if lead_id in page] == []


def test_every_picture_of_a_review_has_a_name(page):
    pictures = [attrs for tag, attrs in Elements(page).found if tag == "svg"]

    assert len(pictures) > 10
    assert all(one.get("aria-label") for one in pictures)


def test_a_review_is_kept_with_the_run_in_mlflow(page, lived):
    client = open_registry(lived.settings)._client
    versions = client.search_model_versions("name='leadloop'")
    run = next(one.run_id for one in versions if one.tags["leadloop.version"] == lived.live)
    place = client.download_artifacts(run, "model_review.html", dst_path=str(lived.home))

    assert Path(place).read_text(encoding="utf-8") == page


def test_a_challenger_is_reviewed_before_it_goes_live(lived):
    review_of(lived.settings, lived.rival)

    page = (lived.home / "reviews" / f"{lived.rival}.html").read_text(encoding="utf-8")
    assert lived.rival in Elements(page).text


def test_a_review_in_japanese_has_no_english_sentence(lived):
    text = Elements(write_review(lived.settings, lived.rival, "ja").read_text(encoding="utf-8")).text

    assert "モデルレビュー" in text
    assert re.findall(r"[A-Za-z]+ [a-z]+ [a-z]+ [a-z]+ [a-z]+", text) == []


def test_a_review_that_cannot_be_made_is_said_and_stops_nothing(lived, monkeypatch, capsys):
    monkeypatch.setattr(made, "NOTEBOOK", "99_absent.ipynb")

    review_of(lived.settings, lived.live)
    assert f"Make it later: leadloop review {lived.live}" in " ".join(capsys.readouterr().out.split())
    with pytest.raises(NoReview, match=r"99_absent.ipynb is not installed"):
        notebook_file()


def test_the_notebook_of_the_review_comes_with_the_package():
    root = Path(__file__).parents[2]
    build = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    place = build["targets"]["wheel"]["force-include"][f"notebooks/{made.NOTEBOOK}"]

    assert root / place == Path(made.__file__).parent / "notebooks" / made.NOTEBOOK
    assert notebook_file() == root / "notebooks" / made.NOTEBOOK
