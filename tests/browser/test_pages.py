"""Each page in a browser, in both languages, wide and narrow, and its main action done to the end."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

PAGES = ("/", "/late", "/handoffs", "/loop", "/handoff", "/model", "/import", "/login")
SERIOUS = ("serious", "critical")
AWKWARD = ("<script>alert(1)</script>", "株式会社﨑山　髙橋")
LIST = "lead_id,name,industry,employees\nN-1,<script>alert(1)</script>,製造業,120\nN-2,株式会社﨑山　髙橋,小売,30\n"


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_every_screen_and_whoever_cannot_see_it(
    look: Callable[..., Any], path: str, lang: str
) -> None:
    for width in (1280, 390):
        page = look(lang, width).open(path)
        assert page.locator("html").get_attribute("lang") == lang
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = Axe().run(page)
        serious = [one for one in found.response["violations"] if one["impact"] in SERIOUS]
        assert not serious, "\n".join(
            f"{one['id']}: {one['help']}: {[node['html'][:200] for node in one['nodes'][:3]]}"
            for one in serious
        )


def test_a_page_says_the_same_in_the_language_that_is_chosen(look: Callable[..., Any]) -> None:
    page = look("en").open("/handoffs")
    page.get_by_role("link", name="日本語").click()
    page.wait_for_url("**/handoffs")
    assert page.locator("html").get_attribute("lang") == "ja"
    page.get_by_role("link", name="English").click()
    page.wait_for_url("**/handoffs")
    assert page.locator("html").get_attribute("lang") == "en"


def test_the_keyboard_leads_to_the_content_first(look: Callable[..., Any]) -> None:
    page = look().open("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#content"


@pytest.mark.parametrize("path", PAGES[:-1])
def test_pages_work_without_scripts(look: Callable[..., Any], path: str) -> None:
    page = look("en", java_script_enabled=False).open(path)
    assert page.locator("main h1").inner_text()


def test_sales_accepts_a_handoff_and_rejects_another(look: Callable[..., Any]) -> None:
    page = look().open("/")
    answers = page.locator(".answer")
    before = answers.count()
    assert before >= 2, "the demo leaves handoffs to answer"
    first = answers.nth(0).locator(".name").inner_text()
    answers.nth(0).get_by_role("button", name="Accept").click()
    page.wait_for_url("**/?done=accepted")
    assert "Accepted" in page.locator(".note").inner_text()
    page.goto(page.url.split("?")[0])
    second = page.locator(".answer").nth(0)
    assert second.locator(".name").inner_text() != first
    second.get_by_text("Reject …").click()
    second.get_by_label("Reason").select_option("no budget")
    second.get_by_role("button", name="Reject", exact=True).click()
    page.wait_for_url("**/?done=rejected")
    page.goto(page.url.replace("?done=rejected", "handoffs?state=rejected"))
    assert "no budget" in page.locator("main").inner_text()


def test_the_queue_of_one_rep_comes_when_the_rep_is_chosen(look: Callable[..., Any]) -> None:
    page = look("ja").open("/")
    name = page.locator("#rep option").nth(1).inner_text()
    page.locator("#rep").select_option(name)
    page.wait_for_url("**/?rep=*")
    assert page.locator("#rep").input_value() == name


@pytest.mark.parametrize(
    ("lang", "upload", "score", "download"),
    [
        ("en", "Upload and check", "Score this list", "Download as CSV"),
        ("ja", "アップロードして確認", "このリストを採点する", "CSVをダウンロード"),
    ],
)
def test_a_list_is_uploaded_scored_and_downloaded(
    look: Callable[..., Any], tmp_path: Path, lang: str, upload: str, score: str, download: str
) -> None:
    file = tmp_path / "新しいリスト.csv"
    file.write_text(LIST, encoding="utf-8")
    page = look(lang).open("/import")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name=upload).click()
    assert file.name in page.locator("h1").inner_text()
    page.get_by_role("button", name=score).click()
    page.get_by_role("link", name=download, exact=True).wait_for()
    assert all(name in page.locator("main").inner_text() for name in AWKWARD)
    with page.expect_download() as waited:
        page.get_by_role("link", name=download, exact=True).click()
    with waited.value.path().open(encoding="utf-8-sig", newline="") as scored:
        likelihoods = {row["lead_id"]: float(row["likelihood"]) for row in csv.DictReader(scored)}
    assert set(likelihoods) == {"N-1", "N-2"}
    assert all(0 < one < 1 for one in likelihoods.values())


@pytest.mark.parametrize("lang", ["en", "ja"])
@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_names_are_found_and_shown_as_text(look: Callable[..., Any], name: str, lang: str) -> None:
    page = look(lang).open("/")
    page.locator(".find input").fill(name)
    page.locator(".find input").press("Enter")
    page.wait_for_url("**/leads/*")
    assert page.locator("h1").inner_text() == name


def test_what_if_answers_while_one_asks_and_keeps_nothing(look: Callable[..., Any]) -> None:
    page = look().open("/")
    page.locator("ol.leads .name a").first.click()
    likelihood = page.locator(".figures b").first.inner_text()
    field = page.locator(".fields select").first
    field.select_option(index=field.locator("option").count() - 1)
    page.locator("#what-if-said table").first.wait_for()
    page.reload()
    assert page.locator(".figures b").first.inner_text() == likelihood


def test_a_word_of_a_person_stands_beside_the_model_and_is_taken_back(look: Callable[..., Any]) -> None:
    page = look().open("/")
    page.locator("ol.leads .name a").first.click()
    page.get_by_text("Another score").click()
    page.get_by_label("Score, 0 to 100").fill("12")
    page.locator("#reason-score").fill("met at the fair")
    page.get_by_role("button", name="Keep").first.click()
    page.wait_for_url("**done=overridden*")
    assert "met at the fair" in page.locator("main").inner_text()
    page.get_by_label("Why it is taken back").fill("a mistake")
    page.get_by_role("button", name="Take back").click()
    page.wait_for_url("**done=taken-back*")


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_report_of_the_month_is_one_file_that_asks_nobody(
    look: Callable[..., Any], tmp_path: Path, lang: str
) -> None:
    one = look(lang)
    page = one.open("/loop")
    link = page.locator(f"a[download][hreflang={lang}]")
    link.wait_for(timeout=60_000)
    with page.expect_download() as waited:
        link.click()
    file = tmp_path / "report.html"
    waited.value.save_as(file)
    assert file.stat().st_size < 3_000_000
    page.goto(file.as_uri())
    assert page.locator("html").get_attribute("lang") == lang
    assert page.locator("svg").count() > 3


def test_marketing_moves_a_slider_publishes_the_threshold_and_goes_back(look: Callable[..., Any]) -> None:
    page = look().open("/handoff")
    head = page.locator("h1")
    before = head.inner_text()
    slider = page.get_by_role("slider", name="Leads that sales can work on in a month")
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowLeft")
    page.get_by_text("Publish …").wait_for()
    assert head.inner_text() != before
    page.get_by_text("Publish …").click()
    page.locator("#why").fill("two reps are away")
    asked = page.url
    slider.press("ArrowLeft")
    page.wait_for_function("asked => location.href !== asked", arg=asked)
    assert page.locator("#why").input_value() == "two reps are away"
    page.get_by_role("button", name="Publish", exact=True).click()
    page.wait_for_url("**done=published*")
    assert "in force" in page.locator(".note").first.inner_text()
    assert "two reps are away" in page.locator("main").inner_text()
    page.goto(page.url.split("?")[0])
    page.get_by_text("Go back …").first.click()
    page.locator("#why-back").fill("they are back")
    page.get_by_role("button", name="Go back to policy").click()
    page.wait_for_url("**done=back*")
    assert "they are back" in page.locator("main").inner_text()
