"""Every word of the pages is there in Japanese too, and what is filled in stays the same."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

import serving.pages
from serving.pages.words import catalogues, words

FOLDER = Path(serving.pages.__file__).parent
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2.ext:babel_extract")]
OPTIONS = {
    "**/templates/**.html": {"trimmed": "false", "extensions": "jinja2.ext.do", "newstyle_gettext": "true"}
}
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None, "mark": None}


def said() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    found = extract_from_dir(FOLDER, METHODS, OPTIONS, keywords=KEYWORDS)
    for file, line, message, _, _ in found:
        yield f"{file}:{line}", message


def test_every_word_of_the_pages_has_its_japanese():
    japanese = words("ja")
    missing = []
    for place, message in said():
        one, many = message if isinstance(message, tuple) else (message, message)
        told = japanese.ngettext(one, many, 2) if one != many else japanese.gettext(one)
        if told in (one, many) and re.search("[a-z]{3}", one) and one not in SAME:
            missing.append(f"{place}: {one}")

    assert not missing, "\n".join(missing)


# The same word in both languages.
SAME = {"API", "JSON", "CSV"}


def test_translations_fill_in_what_the_english_does():
    wrong = []
    for name, catalogue in catalogues("ja"):
        for message in catalogue:
            if not message.id:
                continue
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            told = message.string if isinstance(message.string, tuple) else (message.string,)
            filled = re.compile(r"%\(\w+\)s|\{\w+\}")
            known = {slot for one in ids for slot in filled.findall(one)}
            for one in told:
                if set(filled.findall(one)) != known:
                    wrong.append(f"{name}: {ids[0]}")

    assert not wrong, "\n".join(wrong)


def test_percent_signs_in_templates_are_doubled():
    """Templates fill in every message, so that a single one would break the page."""
    known = {
        (one.id if isinstance(one.id, str) else one.id[0]): one for _, all in catalogues("ja") for one in all
    }
    wrong = []
    for place, message in said():
        one = message if isinstance(message, str) else message[0]
        told = known[one].string if one in known else ()
        if ".html" in place:
            wrong += [
                place for text in (one, *([told] if isinstance(told, str) else told)) if not _fills(text)
            ]

    assert not wrong, "\n".join(wrong)


def _fills(text: str) -> bool:
    try:
        return bool(text % defaultdict(str))
    except (TypeError, ValueError):
        return False


def test_no_word_is_translated_twice():
    every = Counter(
        (message.context, message.id if isinstance(message.id, str) else message.id[0])
        for _, catalogue in catalogues("ja")
        for message in catalogue
        if message.id
    )

    assert not [word for word, count in every.items() if count > 1]
