"""Sentences that gates, audits and watches keep in English are known by their form, and told in Japanese."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

import scoring
import training
from serving.pages.formats import Formats
from serving.pages.model_sentences import CODES, code_said, evidence_said, retold
from serving.pages.session import new_session
from serving.pages.site import Reader

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
# What may stand where the code fills something in.
FILLED = ("", "7", "7 %", "'tag'", "the base rate", "log loss gain +0.0120 (+0.0010 to +0.0230)")
MODULES = (
    Path(scoring.__file__).with_name("leak_checks.py"),
    Path(scoring.__file__).with_name("audit.py"),
    Path(scoring.__file__).with_name("watching.py"),
    Path(training.__file__).with_name("gate.py"),
)
READER = Reader("ja", Formats("ja", ZoneInfo("Asia/Tokyo"), "JPY"), new_session(), closed=False)


def kept(module: Path) -> Iterator[ast.expr]:
    """What a module says as an advice or a verdict."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and [ast.unparse(one) for one in node.targets] == ["advice"]:
            yield from (
                [node.value.body, node.value.orelse] if isinstance(node.value, ast.IfExp) else [node.value]
            )
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"Verdict", "WatchFinding"}:
            yield from node.args[1:]


def texts(found: ast.expr) -> list[str]:
    """The sentence as it may read; none for what is no sentence."""
    if isinstance(found, ast.Constant) and isinstance(found.value, str):
        return [found.value]
    if not isinstance(found, ast.JoinedStr):
        return []
    parts = [part.value if isinstance(part, ast.Constant) else None for part in found.values]
    return ["".join(filled if part is None else str(part) for part in parts) for filled in FILLED]


@pytest.mark.parametrize("module", MODULES, ids=lambda one: one.stem)
def test_every_advice_and_verdict_is_told_in_japanese(module: Path) -> None:
    sentences = [said for said in map(texts, kept(module)) if any(" " in one for one in said)]
    assert len(sentences) >= 2
    unknown = [said[0] for said in sentences if not any(JAPANESE.search(retold(READER, one)) for one in said)]
    assert not unknown


def test_what_a_sentence_carries_of_its_own_stays_in_it() -> None:
    told = retold(READER, "a better recipe on the newest leads: log loss gain +0.0120 (+0.0010 to +0.0230)")
    assert told == "最新のリードで、より良い作り方だった：対数損失の改善 +0.0120（+0.0010 ～ +0.0230）"
    assert "「tag」" in retold(
        READER, "Its name has 'tag' in it. Make sure that its value is from before the outcome."
    )


def test_what_people_wrote_stays_as_they_wrote_it() -> None:
    assert retold(READER, "春の商戦に合わせて <b>") == "春の商戦に合わせて <b>"
    assert retold(READER, "asked for by the board") == "asked for by the board"
    assert retold(READER, "grade inflation at the fair") == "grade inflation at the fair"
    assert retold(READER, "promoted after three days") == "promoted after three days"


def test_findings_are_named_and_what_they_rest_on_follows_in_the_order_of_the_table() -> None:
    assert code_said(READER, "calibration") == "確度と実績"
    assert code_said(READER, "of_tomorrow") == "of tomorrow"
    evidence = {"observed": 0.059, "promised": 0.058, "scores": 1849.0, "unheard_of": 1.0}
    assert evidence_said(READER, evidence) == [
        "スコアの件数 1,849",
        "予測 5.8\N{NO-BREAK SPACE}%",
        "実績 5.9\N{NO-BREAK SPACE}%",
    ]


def test_every_code_of_the_core_has_its_words() -> None:
    codes = re.compile(r'(?:Hint|WatchFinding)\(\s*"(\w+)"')
    named = {code for module in MODULES for code in codes.findall(module.read_text(encoding="utf-8"))}
    assert named
    assert named <= set(CODES)
