"""What kind of file bytes are, by the signature that they begin with, and what kind an extension says."""

from typing import Any

_LOOK = 32
_ISO = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"qt  ": "video/quicktime",
}
"""Brands of the ISO base media file format; any other is taken for MP4."""
_RIFF = {b"WEBP": "image/webp", b"AVI ": "video/x-msvideo", b"WAVE": "audio/wav"}
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\0\x0cjP  ", "image/jp2"),
    (b"\x1aE\xdf\xa3", "video/matroska"),
    (b"OggS", "video/ogg"),
    (b"FLV\x01", "video/x-flv"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
)
_EXTENSIONS = {
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif"), ("image/jpeg",)),
    "png": ("image/png",),
    "gif": ("image/gif",),
    "webp": ("image/webp",),
    "bmp": ("image/bmp",),
    **dict.fromkeys(("tif", "tiff"), ("image/tiff",)),
    "avif": ("image/avif",),
    **dict.fromkeys(("heic", "heif"), ("image/heic",)),
    **dict.fromkeys(("jp2", "j2k"), ("image/jp2",)),
    **dict.fromkeys(("mp4", "m4v", "mov"), ("video/mp4", "video/quicktime")),
    "avi": ("video/x-msvideo",),
    **dict.fromkeys(("mkv", "webm"), ("video/matroska",)),
    "ogv": ("video/ogg",),
    "flv": ("video/x-flv",),
    "pdf": ("application/pdf",),
    "wav": ("audio/wav",),
}


def media_type(data: Any) -> str | None:
    """The media type that the first bytes show; None for an unknown one.

    >>> media_type(b"RIFF\\x00\\x00\\x00\\x00WEBPVP8 "), media_type(b"\\x00\\x00\\x00 ftypisom"), media_type(b"hello")
    ('image/webp', 'video/mp4', None)
    """
    head = bytes(memoryview(data)[:_LOOK])
    if head[4:8] == b"ftyp":
        return _ISO.get(head[8:12], "video/mp4")
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12])
    return next((kind for signature, kind in _SIGNATURES if head.startswith(signature)), None)


def types_of(name: str) -> tuple[str, ...]:
    """The media types that a file name's extension stands for; none for an unknown extension, or none.

    >>> types_of("a/b.JPG"), types_of("clip.mov"), types_of("readme")
    (('image/jpeg',), ('video/mp4', 'video/quicktime'), ())
    """
    _, dot, extension = name.rpartition("/")[2].rpartition(".")
    return _EXTENSIONS.get(extension.lower(), ()) if dot else ()
