"""The documentation says what is there: commands, options, settings, make's words."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from scoring.io.settings import describe
from serving.cli.main import app

ROOT = Path(__file__).parents[1]
README, JAPANESE = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md"))
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def settings_table() -> str:
    """The README's table of settings, as it must be."""
    rows = [f"| `{s.key}` | `{s.default}` | {s.meaning} |" for s in describe()]
    return "\n".join(
        ["| key | default | meaning |", "|---|---|---|", *(row.replace("\n", " ") for row in rows)]
    )


@pytest.mark.parametrize("text", [README, JAPANESE], ids=["en", "ja"])
def test_every_command_is_documented(text: str) -> None:
    for name in COMMANDS:
        assert re.search(rf"(leadloop|make) {name}", text), name


@pytest.mark.parametrize("text", [README, JAPANESE], ids=["en", "ja"])
def test_every_option_of_train_is_documented(text: str) -> None:
    for parameter in COMMANDS["train"].params:
        for flag in parameter.opts:
            if flag.startswith("--"):
                assert flag in text, flag


def test_the_settings_table_is_the_one_that_the_settings_give() -> None:
    found = re.search(r"<!-- settings -->\n(.*)\n<!-- /settings -->", README, flags=re.DOTALL)

    assert found is not None
    assert found[1] == settings_table()


@pytest.mark.parametrize("name", ["README.md", "README.ja.md", "CONTRIBUTING.md"])
def test_makes_words_exist(name: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))

    assert set(re.findall(r"(?:^|`)make ([a-z]+)", (ROOT / name).read_text(), flags=re.MULTILINE)) <= targets


def test_both_languages_have_the_same_parts() -> None:
    assert len(re.findall(r"^#+ ", README, flags=re.MULTILINE)) == len(
        re.findall(r"^#+ ", JAPANESE, flags=re.MULTILINE)
    )


@pytest.mark.parametrize("name", ["README.md", "README.ja.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name: str) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text(encoding="utf-8")):
        assert (ROOT / link).exists(), link
