"""What secrets look like without a name beside them. With `secret_names`, this is the one list.

Every repetition is possessive or bounded and begins at a boundary, so that matching takes time proportional to the
text.
"""

import base64
import re

STARS = "***"
# Parts of a list of lines are joined by this mark while they are read as one text.
SEAM = "\x1e"

_TOKENS = re.compile(
    r"""(?<![A-Za-z0-9])(?:
      grace_(?=[A-Za-z_-]{0,60}[0-9A-Z])[A-Za-z0-9_-]{32,}+
    | eyJ[A-Za-z0-9_-]{5,}+\.[A-Za-z0-9_-]{4,}+(?>(?:\.[A-Za-z0-9_-]*+){0,3})
    | (?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}+
    | gh[pousr]_[A-Za-z0-9]{16,}+ | github_pat_[A-Za-z0-9_]{16,}+
    | gl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{16,}+
    | xox[abceoprs]-[A-Za-z0-9-]{8,}+ | xapp-[A-Za-z0-9-]{8,}+
    | [spr]k_(?:live|test)_[A-Za-z0-9]{8,}+ | whsec_[A-Za-z0-9+/=]{16,}+
    | AIza[A-Za-z0-9_-]{30,}+ | ya29\.[A-Za-z0-9_-]{16,}+ | GOCSPX-[A-Za-z0-9_-]{16,}+
    | sk-(?:proj-|ant-|svcacct-)?(?=[A-Za-z_-]{0,60}[0-9])[A-Za-z0-9_-]{20,}+
    | npm_[A-Za-z0-9]{30,}+ | pypi-[A-Za-z0-9_-]{30,}+ | hf_[A-Za-z0-9]{20,}+
    | SG\.[A-Za-z0-9_-]{10,}+\.[A-Za-z0-9_-]{10,}+ | dop_v1_[a-f0-9]{32,}+ | hv[sbr]\.[A-Za-z0-9_-]{16,}+
    | shp(?:at|ca|pa|ss)_[A-Za-z0-9]{16,}+ | dckr_pat_[A-Za-z0-9_-]{16,}+ | dapi[a-f0-9]{32}
    | AGE-SECRET-KEY-1[A-Z0-9]{20,}+ | PRIVATE\+KEY\+[^\s\x1e]++
    | [0-9]{8,10}:AA[A-Za-z0-9_-]{30,}+
    )""",
    re.VERBOSE,
)
_BEGINNINGS = (
    *(
        "grace_",
        "eyJ",
        "A3T",
        "AKIA",
        "ASIA",
        "ABIA",
        "ACCA",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "gl",
    ),
    *("xox", "xapp-", "k_live_", "k_test_", "whsec_", "AIza", "ya29.", "GOCSPX-", "sk-", "npm_", "pypi-", "hf_", "SG."),
    *("dop_v1_", "hvs.", "hvb.", "hvr.", "shp", "dckr_pat_", "dapi", "AGE-SECRET-KEY-", "PRIVATE+KEY+", ":AA"),
)
_BEGINNING = re.compile("|".join(map(re.escape, _BEGINNINGS)))
# No token and no base64 is shorter, and few ordinary words are as long.
_LONG_RUN = re.compile(r"[A-Za-z0-9+/=_.:-]{12}")
# The secret half of an AWS key pair.
_FORTY = re.compile(r"(?<![A-Za-z0-9/+=_.-])[A-Za-z0-9+][A-Za-z0-9/+]{39}(?![A-Za-z0-9/+=_.-])")
_HOOK = re.compile(
    r"(?P<kept>hooks\.slack\.com/(?:services|workflows)/|discord(?:app)?\.com/api/webhooks/)[^\s\"'<>\x1e]++",
    re.IGNORECASE,
)
_SCHEME = re.compile(
    r"(?<![\w-])(?P<kept>(?P<scheme>bearer|basic|negotiate|ntlm|apikey|token)[ \t]++)(?P<value>[\w.~+/=|:-]{8,}+)",
    re.IGNORECASE,
)
_SCHEMES = ("bearer", "basic", "negotiate", "ntlm", "apikey", "token")
_ANY_SCHEME = re.compile("|".join(_SCHEMES))
_WORDS = frozenset({"authentication", "authorization", "credentials", "required", "challenge", "validation"})
_QUERY = re.compile(
    r"(?P<kept>[?&;](?:sig|signature|x-amz-signature|x-amz-credential|x-amz-security-token|x-goog-signature|key|code|sid"
    r"|auth|access)=)(?P<value>[^&\s\"'<>\x1e]++)",
    re.IGNORECASE,
)
_SHORTEST_IN_QUERY = 12
_BREAK = r"(?:\s|\x1e|\\[nrt]|[\"',+>|`])"
_PEM = re.compile(
    rf"-----BEGIN [A-Z0-9 ]{{0,40}}PRIVATE KEY(?: BLOCK)?-----"
    rf"(?>(?:(?>{_BREAK}+)(?:(?:Proc-Type|DEK-Info|Version|Comment|Hash)\b[^\n\\]*+|[A-Za-z0-9+/=]{{16,}}+))*)"
    rf"(?:(?>{_BREAK}*)[A-Za-z0-9+/=]{{0,80}}+(?>{_BREAK}*)-----END [A-Z0-9 ]{{0,60}}-----)?"
)
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_LINE = re.compile(r"[^\n\x1e]++")
_URL = re.compile(r"(?<![a-z0-9+.-])(?P<scheme>[a-z][a-z0-9+.-]*+://)(?P<rest>[^\s\"<>`\x1e]++)", re.IGNORECASE)
_DIGEST = re.compile(r"sha\d{3}:")
_HOST_ENDS = re.compile(r"[/?#]")
_PAIR_AT_HOST = re.compile(
    r"(?<![\w:/@.+-])(?P<kept>[\w.+-]++:)(?!/)[^\s:/\"'<>\x1e]{1,200}@(?!sha\d{3}:)(?=[\w\[(.-])"
)
_THIN = re.compile(r"(?P<kept>\bthin:[\w.-]++)/[^\s@\x1e]{1,200}@", re.IGNORECASE)
# Every fourth character of printable text is one of these.
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])(?=(?:[A-Za-f][A-Za-z0-9+/_-]{3}){3})[A-Za-z0-9+/_-]{12,}+={0,2}")
_LONGEST_DECODED = 8192
_PAIR = re.compile(r"[\w.@+-]{1,64}:[^\s:]{3,200}")


def without_shapes(text: str) -> str:
    """Return `text` with everything that looks like a secret replaced by stars."""
    if "-----BEGIN" in text:
        text = _PEM.sub(lambda found: _LINE.sub(STARS, found[0]), text)
    if "://" in text:
        text = _HOOK.sub(rf"\g<kept>{STARS}", _URL.sub(_without_userinfo, text))
    if "=" in text:
        text = _QUERY.sub(_of_query, text)
    if "@" in text:
        text = _THIN.sub(rf"\g<kept>/{STARS}@", _PAIR_AT_HOST.sub(rf"\g<kept>{STARS}@", text))
    if _LONG_RUN.search(text):
        if _BEGINNING.search(text):
            text = _TOKENS.sub(STARS, text)
        text = _FORTY.sub(_of_forty, text)
    return _SCHEME.sub(_of_scheme, text) if _ANY_SCHEME.search(text.lower()) else text


def shows_a_token(line: str) -> bool:
    """Return whether a line holds what only a secret looks like: a service's token, a webhook, a private key."""
    if "-----BEGIN" in line and _KEY_BEGINS.search(line):
        return True
    found = _BEGINNING.search(line) and _TOKENS.search(line)
    return bool(found or _HOOK.search(line))


def decoded_runs(text: str) -> list[tuple[int, int, str]]:
    """Return where `text` holds base64 of printable text, and that text."""
    if not _LONG_RUN.search(text):
        return []
    found = ((run.start(), run.end(), _decoded(run[0])) for run in _BASE64.finditer(text))
    return [(start, end, plain) for start, end, plain in found if plain is not None]


def is_pair(text: str) -> bool:
    """Return whether the whole text is `user:password`."""
    return _PAIR.fullmatch(text) is not None


def _decoded(run: str) -> str | None:
    run = run.rstrip("=")[:_LONGEST_DECODED].replace("-", "+").replace("_", "/")
    # Most words are not base64 of anything printable, and their beginning shows it.
    if _printable(run[:12]) is None:
        return None
    return _printable(run[: len(run) - (len(run) % 4 == 1)])


def _printable(run: str) -> str | None:
    found = base64.b64decode(run + "=" * (-len(run) % 4))
    text = found.decode("ascii", "replace")
    return text if all(" " <= char <= "~" or char in "\r\n\t" for char in text) else None


def _without_userinfo(found: "re.Match[str]") -> str:
    rest = found["rest"]
    authority = _HOST_ENDS.split(rest, maxsplit=1)[0]
    user, at, host = authority.partition("@")
    before, colon, port = authority.rpartition(":")
    if at and ":" not in user:
        # An image pinned by its digest is not a user at a host.
        cut = -1 if _DIGEST.match(host) else authority.rindex("@")
    elif at or (colon and before and not port.isdecimal()):
        # A password may hold @, / and ?, so it ends with the last @.
        cut = rest.rfind("@")
    else:
        cut = -1
    return found[0] if cut < 0 else f"{found['scheme']}{STARS}{rest[cut:]}"


def _of_forty(found: "re.Match[str]") -> str:
    kinds = (str.isdigit, str.isupper, str.islower)
    return STARS if all(any(kind(char) for char in found[0]) for kind in kinds) else found[0]


def _of_query(found: "re.Match[str]") -> str:
    return found["kept"] + STARS if len(found["value"]) >= _SHORTEST_IN_QUERY else found[0]


def _of_scheme(found: "re.Match[str]") -> str:
    value, scheme = found["value"], found["scheme"].lower()
    if value.lower().rstrip(".:") in _WORDS or (scheme != "bearer" and value.isalpha() and value.islower()):
        return found[0]
    if scheme == "token" and not any(char.isdigit() for char in value):
        return found[0]
    return found["kept"] + STARS
