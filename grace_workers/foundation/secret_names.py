"""Which names name a secret, and which values beside them clearly are none. With `secret_shapes`, this is the one list.

A name is judged by its words, so that `DB_PASS`, `dbPassword`, `X-Api-Key` and `user[password]` count, and `bypass`,
`password_file`, `max_tokens` and `TokenError` do not.
"""

import re
from functools import lru_cache

_ANYWHERE = (
    *("password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "motdepasse", "contrasena"),
    *(
        "contraseña",
        "wachtwoord",
        "пароль",
        "密码",
        "密碼",
        "パスワード",
        "비밀번호",
        "verificationcode",
        "onetimecode",
    ),
    *("secret", "credential", "cookie", "authorization", "mnemonic", "seedphrase", "recoverycode", "backupcode"),
    *("verificationcode", "onetimecode"),
    *("apikey", "accesskey", "privatekey", "signingkey", "encryptionkey", "accountkey", "sharedkey", "masterkey"),
    *("fernetkey", "jwtkey", "licensekey", "licencekey", "cipherkey", "aeskey", "integrationkey", "webhookkey"),
    *("sshkey", "deploykey", "hmackey", "authkey", "sessionkey", "sharedaccess", "storagekey", "servicekey"),
    *("sessionid", "sessid", "authtoken", "accesstoken", "refreshtoken", "sessiontoken", "apitoken", "bearertoken"),
)
_LAST = frozenset(
    [
        *("pass", "pw", "pwd", "psk", "otp", "totp", "jwt", "cvv", "bearer", "token", "tokens", "passw"),
        *("cred", "creds", "passe", "senha"),
    ]
)
_ENDINGS = ("pass", "pwd", "pw", "token")
_OTHER_PASSES = ("bypass", "compass", "encompass", "trespass", "surpass", "overpass", "underpass")
# A name with such an end speaks about a secret and does not hold it.
_ABOUT = frozenset(
    [
        *("file", "files", "path", "dir", "folder", "count", "counts", "length", "len", "size", "age", "ttl"),
        *("expiry", "expires", "expiration", "at", "in", "on", "after", "before", "type", "kind", "name"),
        *("names", "policy", "policies", "url", "uri", "endpoint", "hint", "field", "fields", "required"),
        *("enabled", "disabled", "set", "status", "state", "min", "max", "changed", "rotated", "rotation"),
        *("attempts", "manager", "store", "version", "ref", "reference", "error", "errors", "exception"),
        *("warning", "failure", "fault", "found", "notfound", "missing", "expired", "invalid", "mismatch"),
        *("mode", "domain", "samesite", "httponly", "bucket", "py", "js", "ts", "go", "rb", "rs", "c", "h", "cc"),
        *("cpp", "java", "kt", "cs", "php", "pl", "sh", "sql", "html", "css", "json", "yaml", "yml", "toml"),
        *("xml", "md", "txt", "ini", "cfg", "log"),
    ]
)
_HARMLESS = frozenset(
    [
        *("none", "null", "nil", "undefined", "true", "false", "yes", "no", "on", "off", "empty", "missing"),
        *("absent", "unset", "invalid", "required", "expired", "wrong", "incorrect", "failed", "unknown", "ok"),
        *("changed", "reset", "rejected", "accepted", "denied", "redacted", "masked", "hidden", "[redacted]"),
        *("<redacted>", "(redacted)", "(none)", "(empty)", "(null)", "n/a", "str", "string", "int", "bytes"),
        *("bool", "optional", "str|none", "secretstr", "needed", "not", "is", "must", "cannot", "should", "has"),
        *("have", "was", "were", "to", "or", "and", "for", "with", "option", "flag", "instead"),
    ]
)
_REFERENCE = re.compile(
    r"\$[A-Z][A-Z0-9_]*|\$\{[^{}]*\}|\$\([^()]*\)|\{\{[^{}]*\}\}|\$[0-9]{1,3}"
    r"|%s|%\([a-z_]+\)s|\?|\{\}|\[\]|\(\)|<[a-z_ -]*>"
)
_HEADERS = frozenset({"authorization", "proxyauthorization", "cookie", "setcookie", "cookies"})
_SPOKEN = ("passphrase", "mnemonic", "seedphrase")
_STEMS = (
    *("pass", "pwd", "pw", "secret", "token", "key", "cred", "cook", "sess", "psk", "otp", "jwt", "bear", "mnem"),
    *("phrase", "cvv", "auth", "shared", "kennwort", "contra", "code", "identified"),
    *("fernet", "licen", "senha", "wachtwoord", "пароль", "密", "パスワード", "비밀번호"),
)
_STEM = re.compile("|".join(_STEMS), re.IGNORECASE)
_STEM_IN_SMALL = re.compile("|".join(_STEMS))
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_APART = re.compile(r"[\W_]+")
_SHORT = 100


def may_hold_names(lower: str) -> bool:
    """Return, at little cost, whether a text in lower case can hold the name of a secret at all."""
    return _STEM_IN_SMALL.search(lower) is not None


def names_a_secret(name: str) -> bool:
    """Return whether the value beside `name` is a secret."""
    if not _STEM.search(name):
        return False
    return _remembered(name) if len(name) <= _SHORT else _judged(name)


def is_harmless(name: str, value: str) -> bool:
    """Return whether `value`, beside a name of a secret, clearly is none: `none`, `***`, `$1`, a count, a folder."""
    plain = value.strip().rstrip(".,;:!").strip("\"'`").casefold()
    if not plain or plain in _HARMLESS or not plain.strip("*") or _REFERENCE.fullmatch(value.strip().strip("\"'`")):
        return True
    joined = joined_words(name)
    if joined.endswith("s") and not joined.endswith("pass"):
        return plain.isdecimal()
    return joined in {"pwd", "oldpwd"} and plain.startswith("/")


def is_header(name: str) -> bool:
    """Return whether the value beside `name` extends to the end of the line, as a header's does."""
    return joined_words(name) in _HEADERS


def is_spoken(name: str) -> bool:
    """Return whether the value beside `name` has several words."""
    return joined_words(name).endswith(_SPOKEN)


def may_be_a_number(name: str) -> bool:
    """Return whether a bare number beside `name` is a counter, such as a fencing token."""
    return joined_words(name).endswith(("token", "tokens"))


def joined_words(name: str) -> str:
    """Return the words of a name joined, in lower case."""
    return _APART.sub("", name).lower()


@lru_cache(maxsize=4096)
def _remembered(name: str) -> bool:
    return _judged(name)


def _judged(name: str) -> bool:
    words = [word.lower() for word in _APART.split(_HUMP.sub("_", name)) if word]
    if not words or words[-1] in _ABOUT:
        return False
    joined = "".join(words)
    if joined.endswith(("error", "exception", "warning")):
        return False
    if any(part in joined.replace("secretar", "") for part in _ANYWHERE) or words[-1] in _LAST:
        return True
    return joined.endswith(_ENDINGS) and not joined.endswith(_OTHER_PASSES)
