"""Secrets that stand beside their names: `DB_PASS=x`, `"password": "x"`, `Cookie: x`, `--token x`, `<pin>x</pin>`.

A value is read as the writer wrote it: quoted to any depth of escaping, a YAML block, a header to the end of its line,
or a bare word. Every scan goes forward only, and every lookahead is bounded.
"""

import re
from collections.abc import Callable

from grace_workers.foundation.secret_names import (
    is_harmless,
    is_header,
    is_spoken,
    may_be_a_number,
    may_hold_names,
    names_a_secret,
)
from grace_workers.foundation.secret_shapes import SEAM, STARS

Span = tuple[int, int]

_LONGEST = 8192
_QUOTE = r"""(?:\\*+["'`]|&quot;|&\#3[49];|%2[27])"""
_ASSIGNED = re.compile(
    rf"""(?<![\w.$-])(?P<name>[\w.$-]++)(?>(?:{_QUOTE}|\]){{0,2}})[^\S\n\x1e]*+
         (?P<sign>=>|:=|==?|[:\uff1a\uff1d]|%3[AaDd]|&\#(?:58|61);)
         (?P<gap>[^\S\n\x1e]*+(?:\n\s*+(?=["']))?(?:[bBuUrRfF](?={_QUOTE}))?)""",
    re.VERBOSE,
)
_OPENING = re.compile(_QUOTE)
_BLOCK = re.compile(r"[|>][-+0-9]{0,2}+[^\S\n]*+\n")
_BLOCK_LINE = re.compile(r"(?P<margin>[^\S\n]*+)(?P<rest>[^\n]*+)\n?")
_BRACKETED = re.compile(r"\[[^\]\n\x1e]{0,4096}+\]?|\{[^}\n\x1e]{0,4096}+\}?|\([^)\n\x1e]{0,4096}+\)?")
_PLACEHOLDER = re.compile(r"\{\{|\$\{|\$\(|\{\}|\[\]|\(\)")
_BARE = re.compile(
    r"""(?>(?:[^\s\x1e,;&)\]}>'"|<`\\]
         |\\(?!\\{0,8}["'`]|[nr])
         |[,;&)\]}>'"|<`](?=[^\s\x1e,;&)\]}>'"|<`\\])(?![\w.\-\[\]%]{1,60}\\?["']?\s?[:=]))+)""",
    re.VERBOSE,
)
_TO_QUOTE = r"""|="[^"\n\x1e]{0,4096}+"|\\(?!\\{0,8}["'`]|[nr])"""
_LINE = re.compile(rf"""(?>(?:[^"\n\x1e\\=]|=(?!"){_TO_QUOTE})+)""")
_LINE_IN_SINGLE = re.compile(rf"""(?>(?:[^'\n\x1e\\]{_TO_QUOTE})+)""")
_SEVERAL = re.compile(
    r"""(?>(?:[^\s\x1e"\\,;]|\\(?!\\{0,8}["'`]|[nr])|[ \t](?![\w.-]{1,40}=)|[,;](?!\s?[\w.-]{1,40}\\?["']?\s?[:=]))+)"""
)
_ALONE = re.compile(r"[\s\x1e>*#-]*+(?:export |set |env )?", re.IGNORECASE)
_SCHEME = re.compile(r"(?:bearer|basic|token|negotiate|ntlm|apikey)[ \t]++", re.IGNORECASE)
_PORT = re.compile(r"[0-9]{2,5}(?![\w.])")
_FIRST_WORD = re.compile(r"[^\s\x1e,;]*+")
_FIRST_OF_TWO = re.compile(r"(?P<word>[A-Za-z]+)[ \t]{1,4}$")
_SECOND_OF_TWO = frozenset({"key", "keys", "token", "code", "phrase", "id"})
_FLAG = re.compile(r"""(?<![\w-])--(?P<name>[A-Za-z][\w-]*+)["']?,?[\s\x1e]++(?!-)""")
_SHORT_FLAG = re.compile(
    r"""(?<![\w-])-(?P<name>[pua])["']?,?[\s\x1e]++(?!-)|(?<![\w-])-p(?=[^\s\x1e"',;-])"""
    r"""|(?<![\w-])(?P<user>-u(?=[\w.@+-]{1,64}:)|--(?:proxy-)?user(?:=|["']?,?[\s\x1e]++)(?!-))"""
)
_OTHER_P = re.compile(
    r"(?<![\w-])(?:mkdir|cp|git|ssh|scp|psql|pg_\w+|grace|install|docker run|nc|nmap"
    r"|xargs|ps|tar|patch|rsync|touch|chmod|screen|read)\b"
)
_WEB_CLIENTS = re.compile(r"(?<![\w-])(?:curl|wget|https?)\b", re.IGNORECASE)
_CLIENTS = re.compile(r"(?<![\w-])(?:mysql|mariadb|sshpass|7z|zip|unrar|rar)", re.IGNORECASE)
_NO_PASSWORD = re.compile(r"[0-9.:/-]+(?:tcp|udp)?|[./~].*")
_SAID = re.compile(
    r"(?<![\w-])(?P<name>password|passphrase|passcode|passwd|pwd|secret|token|identified[ ]by)[ \t]++"
    r"(?P<verb>(?:is|was|to|of|as)[ \t]++)?",
    re.IGNORECASE,
)
_DIRECTIVE = re.compile(
    r"""(?<![\w-])(?:requirepass|masterauth|bindpw|rootpw"""
    r"""|(?P<command>(?-i:AUTH|PASS)(?>(?:"?[ \t]++"?default)?)))["']?[ \t]++""",
    re.IGNORECASE,
)
_ALGORITHM = re.compile(r"(?:sha|md|scram|bcrypt|argon|pbkdf|utf|base|v)[-_]?[0-9][\w-]*", re.IGNORECASE)
_SHORTEST_SAID = 6
_ELEMENT = re.compile(r"<(?:\w{1,40}:)?(?P<name>[\w.-]++)(?:\s[^<>]{0,200})?>(?=[^<])")
_PAIR = re.compile(rf"""[(\[]\s*+b?{_QUOTE}(?P<name>[\w.-]++){_QUOTE}\s*+,\s*+b?(?={_QUOTE})""")
_SPELLED = re.compile(
    rf"""(?<!\w)(?:name|key){_QUOTE}?\s*+[:=]\s*+{_QUOTE}?(?P<name>[\w.-]++){_QUOTE}?[\s,]*+{_QUOTE}?value{_QUOTE}?\s*+[:=]\s*+""",
    re.IGNORECASE,
)


def without_assignments(text: str) -> str:
    """Return `text` with stars for every value that stands beside the name of a secret."""
    lower = text.lower()
    if may_hold_names(lower):
        text = _scanned(text, _ASSIGNED, _assigned)
        for sign, pattern, value_of in _LESS_USUAL:
            if sign in lower:
                text = _scanned(text, pattern, value_of)
    return _scanned(text, _SHORT_FLAG, _of_short_flag) if any(flag in text for flag in _SHORT_FLAGS) else text


def _scanned(text: str, pattern: "re.Pattern[str]", value_of: "Callable[[str, re.Match[str]], Span | None]") -> str:
    parts: list[str] = []
    done = at = 0
    while (found := pattern.search(text, at)) is not None:
        span = value_of(text, found)
        at = found.end()
        if span is not None and span[1] > span[0]:
            parts += [text[done : span[0]], STARS]
            done = span[1]
            at = max(at, done)
    return "".join([*parts, text[done:]]) if parts else text


def _assigned(text: str, found: "re.Match[str]") -> Span | None:
    name, at = found["name"], found.start()
    before = text[at - 1] if at else ""
    if before == "\\" and name[0] in "nrt":
        name = name[1:]
    if not names_a_secret(name) and not _by_two_words(text, at, name):
        return None
    start = found.end()
    if found["sign"] == ":" and not found["gap"] and ("-" in name or "." in name) and _PORT.match(text, start):
        return None
    if name.lower() == "token" and text[max(0, at - 11) : at].lower() == "unexpected ":
        return None
    return _value(text, name, start, before, alone=found["sign"] in {":", "="} and _is_alone(text, at))


def _by_two_words(text: str, at: int, name: str) -> bool:
    if name.lower() not in _SECOND_OF_TWO:
        return False
    first = _FIRST_OF_TWO.search(text[max(0, at - 24) : at])
    return first is not None and names_a_secret(f"{first['word']}_{name}")


def _is_alone(text: str, at: int) -> bool:
    """Return whether the name begins its line, as in YAML and in dumps of an environment."""
    start = max(0, at - 40)
    start = max(text.rfind("\n", start, at) + 1, start)
    begins = start == 0 or text[start - 1] == "\n"
    return begins and _ALONE.fullmatch(text, start, at) is not None


def _value(text: str, name: str, start: int, before: str = "", *, alone: bool = False) -> Span | None:
    """Return where the value that begins at `start` lies, or None when it is clearly not a secret."""
    if _PLACEHOLDER.match(text, start):
        return None
    span: Span | None
    if quote := _OPENING.match(text, start):
        span = _quoted(text, quote)
    elif block := _BLOCK.match(text, start):
        span = _block(text, block)
    else:
        span = _unquoted(text, name, start, before, alone=alone)
    return None if span is None or is_harmless(name, text[span[0] : span[1]]) else span


def _unquoted(text: str, name: str, start: int, before: str, *, alone: bool) -> Span | None:
    bracketed = _BRACKETED.match(text, start)
    if bracketed is not None:
        return bracketed.span()
    if is_harmless(name, text[start : _end(_FIRST_WORD, text, start)]):
        return None
    if is_header(name):
        scheme = _SCHEME.match(text, start)
        if scheme is not None:
            return start, _end(_BARE, text, scheme.end())
        return start, _trimmed(text, start, _end(_LINE_IN_SINGLE if before == "'" else _LINE, text, start))
    if is_spoken(name) or (alone and not may_be_a_number(name)):
        return start, _trimmed(text, start, _end(_SEVERAL, text, start))
    return start, _end(_BARE, text, start)


def _end(pattern: "re.Pattern[str]", text: str, start: int) -> int:
    found = pattern.match(text, start)
    return start if found is None else found.end()


def _trimmed(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _quoted(text: str, quote: "re.Match[str]") -> Span:
    """Return what lies between the quote and its partner; without a partner, up to the end of the line."""
    start, mark = quote.end(), quote[0]
    limit = min(len(text), start + _LONGEST)
    seam = text.find(SEAM, start, limit)
    limit = limit if seam < 0 else seam
    if mark[-1] not in "\"'`":
        end = text.find(mark, start, limit)
    else:
        end = _partner(text, mark[-1], len(mark) - 1, start, limit)
    if end < 0:
        end = text.find("\n", start, limit)
    return start, limit if end < 0 else end


def _partner(text: str, char: str, depth: int, start: int, limit: int) -> int:
    at = start
    while (at := text.find(char, at, limit)) >= 0:
        before = at
        while before > start and text[before - 1] == "\\":
            before -= 1
        escapes = at - before
        if escapes <= depth or (depth == 0 and escapes % 2 == 0):
            return before if depth else at
        at += 1
    return -1


def _block(text: str, block: "re.Match[str]") -> Span:
    """Return the lines that are indented deeper than the line of the name."""
    head = max(text.rfind("\n", max(0, block.start() - 200), block.start()), -1) + 1
    margin = len(text[head : block.start()]) - len(text[head : block.start()].lstrip(" \t"))
    start = at = end = block.end()
    while at < len(text):
        line = _BLOCK_LINE.match(text, at)
        if line is None or (line["rest"] and len(line["margin"]) <= margin) or text[at] == SEAM:
            break
        at = line.end()
        end = line.end("rest") if line["rest"] else end
    return start, end


def _of_flag(text: str, found: "re.Match[str]") -> Span | None:
    return _value(text, found["name"], found.end()) if names_a_secret(found["name"]) else None


def _of_short_flag(text: str, found: "re.Match[str]") -> Span | None:
    command = text[max(0, found.start() - 80) : found.start()].rpartition("\n")[2]
    if found["user"] is not None:
        return _value(text, "password", found.end()) if _WEB_CLIENTS.search(command) else None
    if found["name"] is None:
        return (found.end(), _end(_BARE, text, found.end())) if _CLIENTS.search(command) else None
    span = _value(text, "password", found.end())
    if span is None:
        return None
    value = text[span[0] : span[1]]
    if found["name"] == "u":
        return span if ":" in value.strip(":") and "://" not in value else None
    if found["name"] == "a":
        return span if "redis-cli" in command or "valkey-cli" in command else None
    return None if _NO_PASSWORD.fullmatch(value) or _OTHER_P.search(command) else span


def _of_element(text: str, found: "re.Match[str]") -> Span | None:
    end = text.find("<", found.end(), found.end() + _LONGEST)
    if end < 0 or not names_a_secret(found["name"]) or is_harmless(found["name"], text[found.end() : end]):
        return None
    return found.end(), end


def _of_pair(text: str, found: "re.Match[str]") -> Span | None:
    span = _of_flag(text, found)
    if span is None:
        return None
    closing = text[span[1] : span[1] + 12].lstrip("\\\"'` \n")
    return span if closing[:1] in {")", "]"} else None


def _of_directive(text: str, found: "re.Match[str]") -> Span | None:
    span = _value(text, "password", found.end())
    if span is None or found["command"] is None:
        return span
    value = text[span[0] : span[1]]
    mixed = value.isalnum() and not value.isalpha() and len(value) >= _SHORTEST_SAID
    return span if mixed and not _ALGORITHM.fullmatch(value) else None


def _said(text: str, found: "re.Match[str]") -> Span | None:
    start = found.end()
    if _OPENING.match(text, start):
        return _value(text, "password", start)
    end = _end(_BARE, text, start)
    value = text[start:end]
    digits = any(char.isdigit() for char in value)
    if _ALGORITHM.fullmatch(value) or is_harmless("password", value) or value[:1] in "([{<":
        return None
    if found["verb"]:
        return (start, end) if digits or any(char in "!@#$%^&*" for char in value) else None
    mixed = digits and any(char.isalpha() for char in value)
    return (start, end) if mixed and len(value) >= _SHORTEST_SAID and "=" not in value and ":" not in value else None


_SHORT_FLAGS = ("-p", "-u", "-a", "-user")
_LESS_USUAL: tuple[tuple[str, "re.Pattern[str]", "Callable[[str, re.Match[str]], Span | None]"], ...] = (
    ("--", _FLAG, _of_flag),
    ("<", _ELEMENT, _of_element),
    (",", _PAIR, _of_pair),
    ("value", _SPELLED, _of_flag),
    ("", _SAID, _said),
    ("", _DIRECTIVE, _of_directive),
)
