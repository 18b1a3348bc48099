"""Charts drawn to SVG without a browser."""

from __future__ import annotations

from typing import Any

import vl_convert


def svg(spec: dict[str, Any]) -> str:
    """A Vega-Lite specification as SVG."""
    drawn: str = vl_convert.vegalite_to_svg(spec)
    return drawn
