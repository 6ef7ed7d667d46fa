"""Secrets planted in texts, and the pieces that texts are made of."""

import base64
import json

from hypothesis import strategies as st

# Never a word of the texts around it.
PLANTED = "hunter2Zq"


_PAIR = base64.b64encode(f"bob:{PLANTED}".encode()).decode()


_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV"


BARE = [
    "grace_" + "aB3-_" * 8 + "xyz",
    _JWT,
    _JWT.rsplit(".", 1)[0] + ".",
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11AAAAAAA0aaaaaaaaaaaa_bbbbbbbbbb",
    "glpat-AbCdEf1234567890abcd",
    "xoxb-123456789012-abcdefGHIJKL",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "rk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "AIzaSyD-1234567890abcdefghijklmnopqrstu",
    "ya29.a0AfH6SMBx1234567890",
    "sk-proj-abcdefghijklmnop1234567890",
    "npm_abcdefghijklmnopqrstuvwxyz0123456789",
    "SG.abcdefghijklmnop.qrstuvwxyz0123456789",
    "hvs.CAESIJabcdefghijklmnop",
    "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQQQQQQQQQQQQQ",
    _PAIR,
    base64.b64encode(json.dumps({"password": PLANTED}).encode()).decode(),
    base64.urlsafe_b64encode(f"password={PLANTED}".encode()).decode(),
]


_PIECES = st.sampled_from(
    [
        *("password", "token", "=", ":", '"', "'", "\\", "\n", " ", ",", "{", "[", "://", "@", "-p ", "--secret ", "<"),
        *("1", "a", "Cookie: ", "Bearer ", "***", "none", "\x1e", "%70", "&quot;", "|\n ", "key", "-----BEGIN"),
    ]
)
