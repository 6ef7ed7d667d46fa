"""Messages of widely used programs, and the cause that each of them points to among all that ship."""

from pathlib import Path

import pytest
import yaml

from grace_workers.bootstrap.catalogs import catalogs
from grace_workers.diagnosis import load_causes, shipped_causes
from grace_workers.diagnosis.recognising import SignalWords
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Severity, Signal, sign
from grace_workers.testing import START

CAUSES = load_causes([shipped_causes()], catalogs().terms)
MOST = 4
SAID = yaml.safe_load((Path(__file__).parents[2] / "data" / "usual_messages.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("cause", SAID)
def test_usual_messages_point_to_their_cause_and_to_few_others(cause: str) -> None:
    for text in SAID[cause]:
        signal = Signal(
            source="example",
            name="ERROR shop.log",
            target=TargetName("shop"),
            severity=Severity.ERROR,
            summary=text,
            signature=sign("ERROR shop.log", text=text),
            delivery_key="example",
            observed_at=START,
        )
        said = SignalWords(signal)
        found = {one.name for one in CAUSES if one.seen_in(said)}
        assert cause in found
        assert len(found) <= MOST, text
