"""The documentation says what is there: commands, options, settings, make's words, and what a real run gave."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from scoring.io.settings import describe, load_settings
from serving.cli.main import app
from tests.readme import (
    LEAD,
    PICTURES,
    READMES,
    RECORD,
    ROOT,
    SETTINGS_JA,
    VERSION,
    WORDS,
    settings_table,
    waterfall,
)

PAGES = ("README.md", "README.ja.md", "CONTRIBUTING.md", "CHANGELOG.md", "models/README.md")
TEXTS = {lang: path.read_text(encoding="utf-8") for lang, path in READMES.items()}
RECORDED = json.loads(RECORD.read_text(encoding="utf-8"))
GROUP: Any = get_command(app)
OF_GROUP = {"--help", *(flag for parameter in GROUP.params for flag in parameter.opts)}
# A command of a group is named by two words.
COMMANDS = {
    f"{name} {inner}".strip(): command
    for name, whole in GROUP.commands.items()
    for inner, command in getattr(whole, "commands", {"": whole}).items()
}
OPTIONS = {
    name: {flag for parameter in command.params for flag in (*parameter.opts, *parameter.secondary_opts)}
    - {parameter.name for parameter in command.params}
    for name, command in COMMANDS.items()
}
in_both = pytest.mark.parametrize("lang", READMES)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def shell_lines(text: str) -> Iterator[list[str]]:
    """The commands of the page's shell blocks, as words; a comment is none."""
    for block in re.findall(r"^```sh\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if words := shlex.split(line, comments=True):
                yield words


def option_rows(text: str) -> dict[str, set[str]]:
    """The options that the page's table of commands lists, by command."""
    rows = re.findall(r"^\| `leadloop ([a-z]+(?: [a-z]+)?)[^|]*\| (.*) \|$", text, flags=re.MULTILINE)
    return {name: set(re.findall(r"`(--?[a-z-]+)`", cells)) for name, cells in rows}


def block(text: str, name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", text, flags=re.DOTALL)
    assert found is not None, f"no block {name}"
    return found[1]


@in_both
def test_the_table_of_commands_lists_every_command_and_option_and_no_other(lang: str) -> None:
    assert option_rows(TEXTS[lang]) == OPTIONS


@in_both
def test_the_options_of_the_command_itself_are_named(lang: str) -> None:
    assert {flag for flag in OF_GROUP if f"{flag}`" not in TEXTS[lang]} == set()


@in_both
def test_every_command_in_a_shell_block_exists_with_the_options_it_is_given(lang: str) -> None:
    lines = [words for words in shell_lines(TEXTS[lang]) if words[0] == "leadloop"]

    assert lines
    for _, name, *rest in lines:
        inner = f"{name} {rest[0]}" if rest else ""
        known = OF_GROUP if name.startswith("-") else OPTIONS[inner if inner in OPTIONS else name]
        given = {word for word in (name, *rest) if word.startswith("-")}
        assert given <= known, (name, given - known)


def test_both_languages_show_the_same_commands() -> None:
    shown = {lang: [words[:2] for words in shell_lines(text)] for lang, text in TEXTS.items()}

    assert shown["ja"] == shown["en"]


def test_both_languages_have_the_same_parts() -> None:
    parts = {lang: [line.split(" ")[0] for line in text.split("\n") if re.match("#+ ", line)]
             for lang, text in TEXTS.items()}  # fmt: skip

    assert parts["ja"] == parts["en"]


@in_both
def test_the_settings_table_is_the_one_that_the_settings_give(lang: str) -> None:
    assert block(TEXTS[lang], "settings") == settings_table(lang)


@in_both
def test_the_settings_shown_are_accepted(lang: str, tmp_path: Path) -> None:
    for shown in re.findall(r"^```toml\n(.*?)^```", TEXTS[lang], flags=re.MULTILINE | re.DOTALL):
        (tmp_path / "leadloop.toml").write_text(shown, encoding="utf-8")

        assert load_settings({}, tmp_path).points


def test_every_setting_has_its_meaning_in_japanese_and_no_other_has() -> None:
    assert set(SETTINGS_JA) == {row.key for row in describe()}


@in_both
def test_what_the_page_shows_of_a_run_is_what_was_recorded(lang: str) -> None:
    blocks = RECORDED["shared"] | RECORDED[lang]

    assert {name: block(TEXTS[lang], name) for name in blocks} == blocks
    assert PICTURES[lang].read_text(encoding="utf-8") == waterfall(RECORDED["explained"], WORDS[lang])


@in_both
def test_versions_and_leads_in_examples_are_those_of_the_recorded_run(lang: str) -> None:
    assert set(re.findall(VERSION, TEXTS[lang])) == set(re.findall(VERSION, RECORDED["shared"]["models"]))
    assert f"leadloop explain {RECORDED['listed']} " in TEXTS[lang]


@in_both
def test_the_request_shown_is_the_one_that_was_answered(lang: str) -> None:
    sent = [words[words.index("-d") + 1] for words in shell_lines(TEXTS[lang]) if words[0] == "curl"]

    assert [json.loads(body) for body in sent] == [LEAD]


def test_the_picture_adds_up_to_the_likelihood() -> None:
    explained = RECORDED["explained"]
    log_odds = explained["base"] + sum(explained["parts"]) + explained["rest"][1]

    assert 1 / (1 + 2.718281828459045**-log_odds) == pytest.approx(explained["likelihood"], abs=1e-5)


@pytest.mark.parametrize("name", PAGES)
def test_makes_words_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", page("Makefile"), flags=re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make ([a-z]+)", page(name), flags=re.MULTILINE)) <= targets


def test_every_word_of_make_is_told_to_contributors() -> None:
    targets = re.findall(r"^([a-z]+):", page("Makefile"), flags=re.MULTILINE)

    assert {word for word in targets if f"`make {word}`" not in page("CONTRIBUTING.md")} == set()


def test_every_module_on_the_map_exists() -> None:
    named = re.findall(r"`((?:scoring|training|serving|tests|notebooks)/[\w/.]*)`", page("CONTRIBUTING.md"))

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("name", PAGES)
def test_links_and_pictures_lead_somewhere(name: str) -> None:
    folder = (ROOT / name).parent
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page(name))

    assert [link for link in links if not (folder / link).exists()] == []


@pytest.mark.parametrize(
    "path", [*(ROOT / name for name in PAGES), *PICTURES.values(), RECORD], ids=lambda p: p.name
)
def test_no_path_of_a_machine_is_named(path: Path) -> None:
    assert (
        re.findall(r"(?<![\w.])/(?:home|tmp|root|work|Users|var|private)/\S*", path.read_text("utf-8")) == []
    )
