"""What the metadata of an image gives away, and what it declares: EXIF and XMP, from the header alone."""

import re
from io import BytesIO
from typing import Any, NamedTuple

from PIL import Image

from operators.kernels.pictures import FORMATS

LEAKS = ("gps", "serial", "owner")
"""Where a picture was taken, which camera or lens took it, whose it is."""
_GPS_IFD, _EXIF_IFD = 0x8825, 0x8769
_GPS = (2, 4)
"""Latitude, longitude; altitude and time alone place nobody."""
_SERIAL = (0xA431, 0xA435, 0xC62F)
_OWNER = (0xA430, 0x013B, 0x9C9D)
"""CameraOwnerName, Artist, XPAuthor."""
_XMP_BYTES = 1 << 20
_XMP = {
    "gps": re.compile(rb"exif:GPSL(?:atitude|ongitude)\s*(?:=\s*[\"'][^\"']|>[^<])"),
    "serial": re.compile(rb"(?:aux|exifEX):(?:Body|Lens)?SerialNumber\s*(?:=\s*[\"'][^\"']|>[^<])"),
    "owner": re.compile(rb"(?:aux:OwnerName|exifEX:CameraOwnerName)\s*(?:=\s*[\"'][^\"']|>[^<])"),
}
_SOURCE_TYPE = re.compile(rb"digitalsourcetype/([A-Za-z]{1,60})")
_RESERVED = re.compile(rb"tdm:reservation\s*(?:=\s*[\"']|>)\s*1\s*[\"'<]")


class Metadata(NamedTuple):
    """What was found.

    Args:
        leaks: of `LEAKS`, those that it has a value for.
        source: IPTC's digital source type in XMP, None where it has none.
        reserved: whether XMP reserves the rights to text and data mining (TDMRep).
    """

    leaks: tuple[str, ...]
    source: str | None
    reserved: bool


def metadata(data: Any) -> Metadata | None:
    """The metadata of an image; None for what is no image. Pixels are not decoded.

    >>> out = BytesIO(); exif = Image.Exif(); exif[0x013B] = "Ann Lee"
    >>> Image.new("RGB", (2, 2)).save(out, "JPEG", exif=exif)
    >>> metadata(out.getvalue()).leaks
    ('owner',)
    """
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as image:
            exif, packet = _exif(image), _xmp(image)
    except Exception:  # readers of headers raise whatever the bytes make them
        return None
    found = tuple(leak for leak in LEAKS if leak in exif or _XMP[leak].search(packet))
    source = _SOURCE_TYPE.search(packet)
    return Metadata(found, source.group(1).decode() if source else None, bool(_RESERVED.search(packet)))


def _exif(image: Image.Image) -> set[str]:
    try:
        exif = image.getexif()
        gps, details = exif.get_ifd(_GPS_IFD), exif.get_ifd(_EXIF_IFD)
    except Exception:  # a block that is no EXIF gives nothing away
        return set()
    tags = {**exif, **details}
    found = {"gps"} if all(_said(gps.get(tag)) for tag in _GPS) else set()
    found |= {"serial"} if any(_said(tags.get(tag)) for tag in _SERIAL) else set()
    return found | ({"owner"} if any(_said(tags.get(tag)) for tag in _OWNER) else set())


def _said(value: Any) -> bool:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
    return bool(text.replace("\0", "").strip())


def _xmp(image: Image.Image) -> bytes:
    packet = image.info.get("xmp") or image.info.get("XML:com.adobe.xmp") or b""
    return (packet.encode("utf-8", "replace") if isinstance(packet, str) else bytes(packet))[:_XMP_BYTES]
