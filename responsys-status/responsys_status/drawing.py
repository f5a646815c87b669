"""Vega-Lite specifications into pictures that stand in the page: SVG without script."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import vl_convert
from markupsafe import Markup

_SVG = "http://www.w3.org/2000/svg"
_VERSION = "6.4"
_PATH, _GROUP = f"{{{_SVG}}}path", f"{{{_SVG}}}g"
_UNSEEN = ("role", "aria-roledescription", "aria-hidden", "class", "pointer-events")
_NUMBERS = {"d", "transform", "x", "y", "x2", "y2", "width", "height"}
_LONG = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")


def svg(spec: dict[str, object], summary: str) -> Markup:
    """Draw a specification.

    Equal specifications give equal pictures. Each mark with a description gets it as its title, which
    browsers show beside the pointer. To a screen reader the picture is one image: the numbers are in a table
    beside it.

    Args:
        spec: A Vega-Lite specification.
        summary: What it shows, in words.
    """
    drawn = vl_convert.vegalite_to_svg(spec, vl_version=_VERSION, allowed_base_urls=[])
    root = ET.fromstring(drawn)  # noqa: S314 - made a line above, with text that it has escaped
    _prune(root)
    for element in root.iter():
        _clean(element)
    root.set("role", "img")
    root.set("aria-label", summary)
    ET.register_namespace("", _SVG)
    return Markup(ET.tostring(root, encoding="unicode"))  # noqa: S704 - idem, and serialised as XML


def _prune(element: ET.Element) -> None:
    """Take out what draws nothing."""
    for child in list(element):
        _prune(child)
        bare = "fill" not in child.attrib and "stroke" not in child.attrib
        is_frame = child.tag == _PATH and child.attrib.get("class") in {"background", "foreground"}
        if (
            (is_frame and bare)
            or child.attrib.get("display") == "none"
            or (child.tag == _GROUP and not len(child))
        ):
            element.remove(child)


def _clean(element: ET.Element) -> None:
    """Keep what is seen: descriptions become titles, numbers short.

    The pictures have no ids, which would have to differ between them: nothing in them is clipped or shaded.
    """
    label = element.attrib.pop("aria-label", "")
    is_mark = element.attrib.get("role") == "graphics-symbol"
    for attribute in _UNSEEN:
        element.attrib.pop(attribute, None)
    for attribute in _NUMBERS & element.attrib.keys():
        element.set(attribute, _LONG.sub(_short, element.attrib[attribute]))
    if label and is_mark and element.tag == _PATH:
        ET.SubElement(element, f"{{{_SVG}}}title").text = label


def _short(number: re.Match[str]) -> str:
    return f"{float(number[0]):.1f}".removesuffix(".0")
