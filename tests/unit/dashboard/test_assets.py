"""The assets: their addresses are those of their bytes."""

import gzip
import hashlib

from grace_workers.entrypoints.dashboard.assets import assets, at_address


def test_an_address_holds_the_hash_of_the_bytes():
    assert assets().keys() == {"dashboard.css", "dashboard.js", "icon.svg", "proof.js"}
    for one in assets().values():
        assert hashlib.sha256(one.body).hexdigest()[:12] in one.address
        assert at_address(one.address) == one
        assert gzip.decompress(one.packed) == one.body


def test_an_address_of_another_version_is_no_file():
    assert at_address("dashboard.0123456789ab.css") is None
    assert at_address("../page.py") is None
