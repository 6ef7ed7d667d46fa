import io
import random
import zipfile

import numpy as np
import pytest

from grace_workers.foundation.errors import IntegrityError
from grace_workers.learning.models.packed import pack, unpack


def test_arrays_and_words_come_back():
    arrays, words = unpack(pack({"a": np.arange(3)}, {"labels": ["x", "y"]}))
    assert (arrays["a"].tolist(), words) == ([0, 1, 2], {"labels": ["x", "y"]})


def test_objects_are_never_unpickled():
    file = io.BytesIO()
    np.savez(file, words=np.array([{"a": 1}], dtype=object))
    with pytest.raises(IntegrityError):
        unpack(file.getvalue())


def test_what_would_fill_the_memory_is_refused():
    with pytest.raises(IntegrityError, match="more than"):
        unpack(pack({"a": np.zeros(10_000)}, {}), most=1_000)


def test_an_archive_of_something_else_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("words.npy", b"nothing")
    with pytest.raises(IntegrityError):
        unpack(file.getvalue())


def is_refused(content):
    try:
        unpack(content)
    except IntegrityError:
        return True
    return False


@pytest.mark.slow
def test_damaged_bytes_are_refused_with_one_kind_of_error_wherever_the_damage_is():
    whole, chance = pack({"a": np.arange(500), "b": np.eye(9)}, {"labels": ["x", "y"]}), random.Random(1)
    refused = 0
    for _ in range(2_000):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(whole))] ^= 1 + chance.randrange(255)
        refused += is_refused(bytes(damaged))
    # The rest hits what says nothing, such as the times of the archive's files.
    assert refused > 1_000
