"""What happened to a lead, in words: each kind of line, in both languages."""

from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from scoring.io.store.timeline import Happened, Kind
from scoring.reasons import Lang
from serving.pages.formats import Formats
from serving.pages.session import new_session
from serving.pages.site import Reader
from serving.pages.timeline import KINDS, LATE, line, value_said

AT = 1_795_510_800_000_000  # 2026-11-24 09:00 UTC
WORD = {
    "field": "decision", "value": "nurture", "model_value": "0.42", "author": "web", "reason": "展示会で面談",
    "expires_at": AT + 7 * 86_400_000_000,
}  # fmt: skip
CASES: list[tuple[Kind, dict[str, Any], str, str]] = [
    ("created", {}, "The lead was created.", "リードが作成されました。"),
    ("change", {"property": "業種", "value": "製造"}, "業種 = 製造", "業種 = 製造"),
    ("change", {"property": "email", "value": None}, "email emptied", "email を空にした"),
    ("activity", {"kind": "webinar", "campaign": "春", "value": 2.5}, "webinar 春 value 2.5", "webinar 春 値 2.5"),
    ("activity", {"kind": "view", "campaign": None, "value": None}, "view", "view"),
    (
        "touch", {"rep": "Sato", "channel": "call", "connected": False, "automatic": True},
        "call Sato not reached automatic", "架電 Sato つながらず 自動",
    ),
    ("touch", {"rep": None, "channel": "LINE", "connected": None, "automatic": False}, "LINE", "LINE"),
    (
        "outcome", {"stage": "won", "amount": 1_200_000.0, "currency": None, "reason": None, "rep": "Ito"},
        "won ¥1,200,000 Ito", "受注 ￥1,200,000 Ito",
    ),
    (
        "outcome", {"stage": "lost", "amount": None, "currency": None, "reason": "no budget", "rep": None},
        "lost no budget", "失注 予算なし",
    ),
    ("assignment", {"rep": "Sato"}, "Sato", "Sato"),
    (
        "handoff", {"number": 1, "rep": None, "likelihood": 0.42, "action": "explore", "policy": 3},
        "nobody had room likelihood 42 % policy 3 drawn from below the threshold",
        "担当できる人がいなかった 確度 42 % ポリシー 3 しきい値未満からの抽選",
    ),
    (
        "answer", {"state": "accepted", "by": "silence", "reason": None},
        "accepted in silence", "受け入れ 期限切れ（自動）",
    ),
    (
        "answer", {"state": "rejected", "by": "web", "reason": "no budget"},
        "rejected somebody without a login no budget", "差し戻し ログインなしの利用者 予算なし",
    ),
    (
        "override", WORD,
        "Decision: nurture the model said 42 % somebody without a login 展示会で面談 until Dec 1, 2026, 18:00",
        "判断：育成を続ける モデルは 42 % ログインなしの利用者 展示会で面談 2026年12月1日 18:00 まで",
    ),
    ("taken back", {**WORD, "field": "score", "value": "90"}, "Score 90", "スコア 90"),
]  # fmt: skip


def reader(lang: Lang) -> Reader:
    return Reader(lang, Formats(lang, ZoneInfo("Asia/Tokyo"), "JPY"), new_session(), closed=False)


@pytest.mark.parametrize(("kind", "content", "en", "ja"), CASES)
def test_each_line_is_told_in_the_readers_words(
    kind: Kind, content: dict[str, Any], en: str, ja: str
) -> None:
    for lang, said in (("en", en), ("ja", ja)):
        told = line(Happened(AT, kind, content, AT), reader(lang))
        assert " ".join([told.text, *told.about]).replace("\xa0", " ") == said


def test_every_kind_of_line_is_told_here_and_has_a_name() -> None:
    assert {kind for kind, *_ in CASES} == set(get_args(Kind)) == set(KINDS)


def test_what_was_written_down_long_after_it_happened_says_so() -> None:
    said = [line(Happened(AT, "created", {}, AT + late), reader("en")).about for late in (LATE, LATE + 1)]
    assert said == [[], ["written down Nov 25, 2026, 18:00"]]


def test_where_the_model_said_nothing_a_word_stands_alone() -> None:
    assert value_said("score", None, reader("ja")) == "なし"
