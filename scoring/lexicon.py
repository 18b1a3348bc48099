"""Column names that sound like the outcome, in English and Japanese.

A name is a hint and never a proof: how loudly it speaks is graded.  `Close Date` speaks of the end itself;
`Status` is usually kept up to date by sales; `Last Activity` is overwritten until long after the outcome.
English words match whole words only (`won` is not in `Wonder`, nor `tag` in `Stage`).  Japanese is written
without spaces, so its words match inside a name, katakana at the end of a run (リードステータス).
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

OUTRIGHT: Final = 1.5
LIKELY: Final = 1.0
FAINT: Final = 0.5

_ENGLISH: Final[dict[float, str]] = {
    OUTRIGHT: """
        won|win|lost|close|closed|closing|closedwon|closedlost|outcome|converted|disqualified|rejected
        churned|loss reason|win loss|sales result|deal result|became a customer|days to close
    """,
    LIKELY: """
        status|stage|quality|tag|result|deal|opportunity|conversion|disposition|qualified
        lifecycle|probability|forecast|rating|contract|invoice|invoiced|paid|loss|churn|rejection|pipeline
        unqualified
    """,
    FAINT: "last|latest|final|modified|updated|follow up|followup|next step",
}
_JAPANESE: Final[dict[float, str]] = {
    OUTRIGHT: "失注|受注|成約|商談結果|解約|クローズ|却下理由|不成立",
    LIKELY: (
        "ステータス|ステージ|フェーズ|確度|ヨミ|商談|結果|契約|見込度|見込み度|対応状況|進捗|品質|タグ"
        "|除外理由"
    ),
    FAINT: "状況|状態|完了|最終|最新|更新日",
}
# Names that hold such a word and say who the lead is, not how it ended.
_HONEST_ENGLISH: Final = """
    last name|marital status|civil status|family status|employment status|job status|working status
    student status|residency status|visa status|company status|vip status|funding stage|company stage
    startup stage|growth stage|life stage|study stage|price tag|air quality|first conversion
    contract worker|result page|last mile
"""
_HONEST_JAPANESE: Final = (
    "契約社員|最終学歴|受注生産|家族状況|婚姻状況|就業状況|就業状態|就業ステータス|健康状態"
)

_KATAKANA: Final = "ァ-ヶー"
_SHORT_KATAKANA: Final = {"タグ", "ヨミ"}
_WORD: Final = re.compile(r"[a-z]+")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@dataclass(frozen=True, slots=True)
class NameHint:
    """The word of a name that speaks of the outcome, and how loudly it does (0.5 faint, 1, 1.5 outright)."""

    word: str
    strength: float


def name_hint(name: str) -> NameHint | None:
    """Say whether a column's name alone should make an analyst ask when the column was filled.

    Parameters
    ----------
    name : str
        As in the header; `camelCase`, `snake_case` and full-width letters are all read.

    Returns
    -------
    NameHint or None
        The loudest word; None if no word of the name speaks of the outcome.

    Examples
    --------
    >>> name_hint("LeadStatus")
    NameHint(word='status', strength=1.0)
    >>> name_hint("失注理由")
    NameHint(word='失注', strength=1.5)
    >>> name_hint("Wonderful stagecraft") is None
    True
    """
    words, rest = english_words(name), unicodedata.normalize("NFKC", name)
    for phrase in _HONEST_WORDS:
        words = _without(words, phrase)
    for honest in _HONEST_JAPANESE.split("|"):
        rest = rest.replace(honest, " ")
    for strength in (OUTRIGHT, LIKELY, FAINT):
        english = next((p for p in _ENGLISH_WORDS[strength] if _without(words, p) != words), None)
        if english:
            return NameHint(" ".join(english), strength)
        japanese = _JAPANESE_WORDS[strength].search(rest)
        if japanese:
            return NameHint(japanese.group(), strength)
    return None


def english_words(name: str) -> tuple[str, ...]:
    """Cut a column's name into its English words, in lower case and without a plural s.

    Examples
    --------
    >>> english_words("ConvertedOpportunityTags__c")
    ('converted', 'opportunity', 'tag', 'c')
    """
    text = _CAMEL.sub(" ", unicodedata.normalize("NFKC", name)).lower()
    return tuple(_singular(word) for word in _WORD.findall(text))


def _singular(word: str) -> str:
    """Take off a plural s; `status`, `loss` and `address` end in one of their own."""
    return (
        word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
    )


def _without(words: tuple[str, ...], phrase: tuple[str, ...]) -> tuple[str, ...]:
    size = len(phrase)
    for start in range(len(words) - size + 1):
        if words[start : start + size] == phrase:
            # An empty word stays behind, so that the neighbours of a phrase do not become one.
            return (*words[:start], "", *words[start + size :])
    return words


def _phrases(table: str) -> tuple[tuple[str, ...], ...]:
    lines = (phrase for line in table.split("\n") for phrase in line.strip().split("|"))
    return tuple(dict.fromkeys(english_words(phrase) for phrase in lines if phrase))


def _japanese(words: str) -> re.Pattern[str]:
    """Match each word; katakana at the end of a run, a short one only as the whole of it."""
    return re.compile("|".join(_bounded(word) for word in words.split("|")))


def _bounded(word: str) -> str:
    before = f"(?<![{_KATAKANA}])" if word in _SHORT_KATAKANA else ""
    after = f"(?![{_KATAKANA}])" if "ァ" <= word[-1] <= "ー" else ""
    return before + word + after


_ENGLISH_WORDS: Final = {strength: _phrases(table) for strength, table in _ENGLISH.items()}
_JAPANESE_WORDS: Final = {strength: _japanese(words) for strength, words in _JAPANESE.items()}
_HONEST_WORDS: Final = _phrases(_HONEST_ENGLISH)
