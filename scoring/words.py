"""What people type into forms and exports when they mean nothing, yes or no; and how text is made comparable.

Every reader of a cell starts here: :func:`plain` gives the text that is shown, :func:`fold` the text that is
compared.  ``Unknown`` and ``不明`` are answers and stay data; ``Select`` is a form nobody touched.
"""

from __future__ import annotations

import unicodedata


class Unreadable(ValueError):
    """A cell cannot be read as its column's type; the message is the rule, never the value."""


MISSING = frozenset(
    [
        "",
        "n/a",
        "na",
        "n.a.",
        "#n/a",
        "#na",
        "<na>",
        "nan",
        "nat",
        "null",
        "(null)",
        "<null>",
        "none",
        "nil",
        "undefined",
        "select",
        "please select",
        "select one",
        "(blank)",
        "blank",
        "(none)",
        "--none--",
        "--select--",
        "(no value)",
        "no value",
        "not set",
        "(not set)",
        "-",
        "--",
        "---",
        "‐",
        "‑",
        "–",
        "—",
        "―",
        "ー",
        "ーー",
        "−",
        ".",
        "?",
        "未設定",
        "未入力",
        "未選択",
        "選択してください",
        "選択して下さい",
        "(空白)",
        "空白",
        "空欄",
        "(値なし)",
        "値なし",
        "--なし--",
        "データなし",
        "ーなしー",
    ]
)

_YES = "yes y true t on はい 有 有り あり ○ ◯ 〇 ✓ ✔ ☑ レ 可 該当 済 希望する 同意する checked"
_NO = "no n false f off いいえ 無 無し なし × ✕ ✗ ☐ x 否 不可 非該当 未 希望しない 同意しない unchecked"
BOOLEANS: dict[str, str] = {
    **dict.fromkeys([*_YES.split(), "1", "1.0"], "yes"),
    **dict.fromkeys([*_NO.split(), "0", "0.0"], "no"),
}

_INVISIBLE = dict.fromkeys([0x0000, 0x00AD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF])


def plain(text: str) -> str:
    """The text of a cell as it is shown: NFKC, no invisible characters, single inner spaces, trimmed.

    Raises
    ------
    Unreadable
        If the text holds half a character (a lone surrogate), which no file could store.

    Examples
    --------
    >>> plain("  ㈱ＡＢＣ   東京 ")
    '(株)ABC 東京'
    """
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise Unreadable("must be valid Unicode text") from error
        text = unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
    elif "\0" in text:
        text = text.replace("\0", "")
    return " ".join(text.split())


def fold(text: str) -> str:
    """A text made comparable: two spellings of one answer fold to the same text.

    Examples
    --------
    >>> fold("Organic Search") == fold("ＯＲＧＡＮＩＣ  search")
    True
    """
    return plain(text).casefold()
