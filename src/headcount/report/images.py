"""Pictures as data: URIs, with the size at which they are drawn."""

from __future__ import annotations

import base64
import re
import struct
from dataclasses import dataclass

from headcount.report.sources import Picture

PIXELS = {"": 1.0, "px": 1.0, "pt": 96 / 72, "in": 96.0, "mm": 96 / 25.4, "cm": 96 / 2.54}
"""CSS pixels in a unit of an SVG's size."""
PNG_DPI = 150
"""Dots per inch of the figures' PNGs (``headcount.figures.style``)."""


@dataclass(frozen=True)
class Image:
    """A picture in the page; width and height in CSS pixels, as drawn."""

    uri: str
    width: int
    height: int


def image(picture: Picture) -> Image | None:
    """A picture's SVG, else its PNG; nothing where it has neither.

    Raises:
        ValueError: an SVG without width and height, or a PNG that is none.
    """
    if picture.svg:
        return Image(_uri("svg+xml", picture.svg), *_svg_size(picture.svg))
    if picture.png:
        return Image(_uri("png", picture.png), *_png_size(picture.png))
    return None


def _uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _svg_size(svg: bytes) -> tuple[int, int]:
    head = re.search(rb"<svg\b[^>]*>", svg)
    found = [re.search(rb'\b%s="([\d.]+)([a-z]*)"' % name, head[0]) for name in (b"width", b"height")] if head else []
    if not all(found) or not found:
        raise ValueError("an SVG of a figure states its width and height")
    width, height = (round(float(size[1]) * PIXELS[size[2].decode()]) for size in found if size)
    return width, height


def _png_size(png: bytes) -> tuple[int, int]:
    if png[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("a PNG of a figure begins as PNGs do")
    width, height = struct.unpack(">II", png[16:24])
    return round(width * 96 / PNG_DPI), round(height * 96 / PNG_DPI)
