"""A checkout that is worked on while its owner works in it, too."""

import pytest

from grace_workers.adapters.git.checkout import GitCheckout
from grace_workers.foundation.errors import ConflictError
from tests.integration.coding.repositories import repository


def test_what_was_changed_since_the_look_is_never_copied(tmp_path):
    place = repository(tmp_path / "code", {"shop.py": "a = 1\n", "till.py": "b = 1\n"})
    checkout = GitCheckout(place)
    (place / "note.txt").write_text("not tracked")
    for change in (lambda: (place / "shop.py").write_text("password = 'x'\n"), (place / "shop.py").unlink):
        (tmp_path / "copy").mkdir(exist_ok=True)
        checkout.copy(tmp_path / "copy")
        change()
        with pytest.raises(ConflictError, match=r"while it was worked on: shop\.py; start again"):
            checkout.copy(tmp_path / "copy")
        (place / "shop.py").write_text("a = 1\n")
