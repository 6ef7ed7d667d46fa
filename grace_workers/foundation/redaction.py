"""Taking secrets out of texts before they are stored, logged or published."""

import re

LONGEST = 500
_LOOKED_AT = 20
_STARS = "***"
# Every repetition is bounded and begins at a border, so that no text takes more than time in proportion.
_IN_URL = re.compile(r"(?<![a-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]{0,30}://)[^\s/@]{0,1000}@", re.IGNORECASE)
_NAMED = re.compile(
    r"""(?<![\w-])(?P<name>[\w-]{0,60}?
            (?:password|passwd|pwd|secret|token|api[_-]?key|authorization|credential)
            [\w-]{0,60}["']?\s{0,9}[:=]\s{0,9})
        (?:(?:bearer|basic)\s+)?(?:"[^"]*"|'[^']*'|[^\s,;}\)]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_BEARER = re.compile(r"\b(?P<name>bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)


def starred(text: str) -> str:
    """Return `text` with credentials as stars, whatever its length."""
    text = _IN_URL.sub(rf"\g<scheme>{_STARS}@", text)
    text = _NAMED.sub(rf"\g<name>{_STARS}", text)
    return _BEARER.sub(rf"\g<name> {_STARS}", text)


def redacted(text: str) -> str:
    """Return `text` with credentials as stars, without NUL bytes, cut to 500 characters."""
    text = starred(text[: _LOOKED_AT * LONGEST].replace("\x00", ""))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
