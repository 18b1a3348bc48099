"""Charts as SVG that stands in the page itself: no script draws them, and their text can be selected."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from hashlib import blake2b
from threading import Lock
from typing import Any, Final

from markupsafe import Markup, escape

MOST_KEPT: Final = 256
_SIZE = re.compile(r'<svg ([^>]*?)width="([\d.]+)" height="([\d.]+)"')
# Words for assistive technology that name parts of a chart; the whole is named instead, and its numbers stand beside.
_ROLES = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')
_LINKS = re.compile(r' xmlns:xlink="[^"]*"')
# Any family serves to measure texts by; a list of them is searched for each text, which takes most of the time.
_FAMILY: Final = "sans-serif"


class Drawing:
    """Draws Vega-Lite specifications, and keeps the newest drawings.

    Where ``vl-convert`` is not installed it draws nothing: pages then show the numbers alone.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: OrderedDict[bytes, str] = OrderedDict()

    @property
    def able(self) -> bool:
        """Whether charts can be drawn here."""
        try:
            import vl_convert  # noqa: F401 - asked for, not used
        except ImportError:
            return False
        return True

    def svg(self, spec: dict[str, Any], said: str) -> Markup:
        """A specification as SVG.

        Parameters
        ----------
        spec : dict
            The chart.
        said : str
            What it shows, in words, for those who do not see it.

        Returns
        -------
        Markup
            Empty where it cannot be drawn.
        """
        if not self.able:
            return Markup()
        key = blake2b(json.dumps([spec, said], sort_keys=True, default=str).encode(), digest_size=16).digest()
        # One at a time: the engine that draws is one, and who waits finds the drawing made.
        with self._lock:
            drawn = self._kept.get(key)
            if drawn is None:
                fonts = spec.get("config", {}).get("font", _FAMILY)
                drawn = self._kept[key] = _fit(_drawn(spec), said, fonts)
                if len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
        return Markup(drawn)

    def warm(self) -> None:
        """Start the engine, which takes half a second, before somebody waits for it."""
        empty = {
            "data": {"values": [{"x": 0}]},
            "mark": "point",
            "encoding": {"x": {"field": "x", "type": "quantitative"}},
        }
        self.svg(empty, "")


def _drawn(spec: dict[str, Any]) -> str:
    import vl_convert

    measured = {**spec, "config": {**spec.get("config", {}), "font": _FAMILY}}
    drawn: str = vl_convert.vegalite_to_svg(measured)
    return drawn


def _fit(svg: str, said: str, fonts: str) -> str:
    """As wide as its place, one picture with one name, and its fonts named once."""
    svg = _LINKS.sub("", _ROLES.sub("", svg)).replace(f' font-family="{_FAMILY}"', "")
    found = _SIZE.search(svg)
    assert found is not None, "vl-convert gave no SVG with a size"
    width = float(found[2])
    label = f'role="img" aria-label="{escape(said)}" ' if said else 'aria-hidden="true" '
    head = f'<svg {found[1]}{label}font-family="{escape(fonts)}" width="{width:g}" '
    return svg.replace(found[0], f'{head}height="{float(found[3]):g}"', 1)
