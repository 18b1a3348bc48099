"""Charts drawn for pages: one picture with one name, its texts in fonts that browsers have."""

import re
from typing import Any

from scoring.charts import waterfall
from scoring.charts.base import untitled
from serving.pages.drawing import MOST_KEPT, Drawing


def chart(width: int = 360) -> dict[str, Any]:
    return untitled(waterfall(-1.0, {"業種": 0.4, "source": -0.2}, lang="ja", width=width))


def test_a_picture_has_one_name_and_as_many_pixels_as_its_chart() -> None:
    drawn = str(Drawing().svg(chart(), "A <sum>"))
    assert re.findall(r'aria-label="([^"]*)"', drawn) == ["A &lt;sum&gt;"]
    assert drawn.count('role="') == 1
    assert 'width="360"' in drawn[: drawn.index(">")]


def test_fonts_are_named_once_and_are_those_of_the_chart() -> None:
    drawn = str(Drawing().svg(chart(), "A sum"))
    assert re.findall(r'font-family="([^"]*)"', drawn) == [chart()["config"]["font"]]
    assert "業種" in drawn


def test_what_was_drawn_is_kept_and_the_oldest_given_up() -> None:
    drawing = Drawing()
    first = drawing.svg(chart(), "A sum")
    assert drawing.svg(chart(), "A sum") == first
    assert len(drawing._kept) == 1
    drawing._kept.update({bytes([1, number]): "" for number in range(MOST_KEPT - 1)})
    drawing.svg(chart(400), "A sum")
    assert len(drawing._kept) == MOST_KEPT
