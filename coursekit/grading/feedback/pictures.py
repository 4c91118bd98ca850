"""Pictures that may stand in a page: bytes that a decoder knows, and drawings that only draw."""

__all__ = ["picture", "rewritten"]

import base64
import binascii
import io
import re
import warnings
from xml.etree import ElementTree

from PIL import Image

_LARGEST, _PIXELS = 4_000_000, 40_000_000
_KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
_DATA = re.compile(r"data:(image/[a-z+]+);base64,([A-Za-z0-9+/=\s]*)", re.ASCII)
# What matplotlib and its like draw with. No script, no foreign content, no animation of an attribute.
_DRAWS = (
    "svg g defs symbol use path rect circle ellipse line polyline polygon text tspan title desc image "
    "clipPath mask pattern marker linearGradient radialGradient stop style metadata"
)
_ABOUT = ("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://purl.org/", "http://creativecommons.org/")
_OUTSIDE = re.compile(r"@import|expression|javascript:|\\|url\((?!\s*['\"]?#)", re.IGNORECASE)


def _space(name: str) -> tuple[str, str]:
    """Split ElementTree's name of an element or attribute into its namespace and itself."""
    space, _, local = name.rpartition("}")
    return space.removeprefix("{"), local


def _draws(node: ElementTree.Element) -> bool:
    """Tell whether an element of a drawing does nothing but draw."""
    space, local = _space(node.tag)
    if space.startswith(_ABOUT):
        return True
    if space not in ("", "http://www.w3.org/2000/svg") or local not in _DRAWS.split():
        return False
    if local == "style" and _OUTSIDE.search("".join(node.itertext())):
        return False
    for name, value in node.attrib.items():
        attribute = _space(name)[1].lower()
        if attribute.startswith("on") or _OUTSIDE.search(value):
            return False
        if attribute in ("href", "src") and not value.strip().startswith("#") and not _raster(value):
            return False
    return True


def _raster(address: str) -> bool:
    """Tell whether a data address holds pixels; a drawing in a drawing has no use."""
    found = _DATA.fullmatch(address.strip())
    return found is not None and found[1] != "image/svg+xml" and rewritten(address) != ""


def _drawing(data: bytes) -> bytes:
    """Return a drawing that only draws, written anew without comments, types and instructions; or nothing."""
    try:
        text = data.decode("utf-8")
        if "<!ENTITY" in text:  # it could grow without end
            return b""
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, LookupError):
        return b""
    draws = _space(root.tag)[1] == "svg" and all(_draws(node) for node in root.iter())
    return ElementTree.tostring(root, encoding="utf-8") if draws else b""


def _kind(data: bytes) -> str:
    """Return the type that bytes are by their own head, whatever was said of them; empty if none of ours."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=tuple(_KINDS)) as image:
                width, height = image.size
                return _KINDS.get(image.format or "", "") if width * height <= _PIXELS else ""
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""


def picture(encoded: str) -> str:
    """Return the data address of a picture; empty if it is none, or one that does more than show.

    Args:
        encoded: the picture in base64.
    """
    if len(encoded) > _LARGEST:
        return ""
    try:
        data = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    drawing = _drawing(data) if data.lstrip()[:1] == b"<" else b""
    kind = "image/svg+xml" if drawing else _kind(data)
    return f"data:{kind};base64,{base64.b64encode(drawing or data).decode('ascii')}" if kind else ""


def rewritten(address: str) -> str:
    """Return the address of a picture that lies in the page itself; empty for all that lies elsewhere.

    Args:
        address: of an ``<img>``.
    """
    found = _DATA.fullmatch(address.strip())
    return picture(found[2]) if found else ""
