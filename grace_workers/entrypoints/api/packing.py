"""Compressed bodies (gzip, deflate, Brotli), decompressed up to a limit at a cost proportional to the output."""

import zlib
from collections.abc import Sequence
from http import HTTPStatus

from grace_workers.entrypoints.api.problems import Refusal

_WINDOWS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
_BROTLI = "br"
_ZLIB_METHOD, _ZLIB_CHECK = 8, 31
# A raw deflate stream, which some senders call by the same name.
_BARE = -zlib.MAX_WBITS


class LargerError(Exception):
    """The decompressed body exceeds the limit."""


def encodings_of(header: str) -> Sequence[str]:
    """Return how a body is compressed, by its `Content-Encoding`; empty when it is not.

    Raises:
        Refusal: 415 for another encoding, or for more than one.
    """
    named = [one.strip().lower() for one in header.split(",") if one.strip().lower() not in {"", "identity"}]
    if len(named) > 1 or any(one not in {*_WINDOWS, _BROTLI} for one in named):
        detail = f"unsupported content encoding {header[:80]!r}; send gzip, deflate, br or none"
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail, {"Accept-Encoding": "gzip, deflate, br"})
    return named


def unpacked(raw: bytes, encodings: Sequence[str], most: int) -> bytes:
    """Return the decompressed body; never more than `most` bytes are produced.

    Raises:
        LargerError: it is larger than `most`.
        Refusal: 400 for a corrupt or truncated body.
    """
    for encoding in encodings:
        try:
            raw = _unbrotlied(raw, most) if encoding == _BROTLI else _inflated(raw, _window(raw, encoding), most)
        except zlib.error as error:
            raise Refusal(
                HTTPStatus.BAD_REQUEST, f"the body is not valid {encoding}: it is corrupt or truncated"
            ) from error
    return raw


def _inflated(raw: bytes, window: int, most: int) -> bytes:
    found = bytearray()
    while raw:
        # A gzip body may have several members, one after the other.
        stream = zlib.decompressobj(window)
        found += stream.decompress(raw, most + 1 - len(found))
        if len(found) > most:
            raise LargerError
        if not stream.eof:
            raise zlib.error("the stream is truncated")
        raw = stream.unused_data.lstrip(b"\0")
    return bytes(found)


def _unbrotlied(raw: bytes, most: int) -> bytes:
    import brotli

    stream = brotli.Decompressor()
    found = bytearray()
    try:
        while not stream.is_finished() and len(found) <= most:
            more = stream.process(raw, output_buffer_limit=most + 1 - len(found))
            if not more and stream.can_accept_more_data() and not stream.is_finished():
                raise zlib.error("the stream ends too early")
            raw = b""
            found += more
    except brotli.error as error:
        raise zlib.error("no Brotli") from error
    if len(found) > most:
        raise LargerError
    return bytes(found)


def _window(raw: bytes, encoding: str) -> int:
    wrapped = len(raw) > 1 and raw[0] & 15 == _ZLIB_METHOD and (raw[0] * 256 + raw[1]) % _ZLIB_CHECK == 0
    return _BARE if encoding == "deflate" and not wrapped else _WINDOWS[encoding]
