"""Taking secrets out of foreign error texts before they are stored or logged."""

import re

LONGEST = 500
_STARS = "***"
_IN_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^\s/@]*@", re.IGNORECASE)
_NAMED = re.compile(
    r"""(?P<name>[\w-]*(?:password|passwd|pwd|secret|token|api[_-]?key|authorization|credential)[\w-]*["']?\s*[:=]\s*)
        (?:(?:bearer|basic)\s+)?(?:"[^"]*"|'[^']*'|[^\s,;}\)]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_BEARER = re.compile(r"\b(?P<name>bearer|basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)


def redacted(text: str) -> str:
    """Return `text` with credentials as stars, without NUL bytes, cut to 500 characters."""
    text = text.replace("\x00", "")
    text = _IN_URL.sub(rf"\g<scheme>{_STARS}@", text)
    text = _NAMED.sub(rf"\g<name>{_STARS}", text)
    text = _BEARER.sub(rf"\g<name> {_STARS}", text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
