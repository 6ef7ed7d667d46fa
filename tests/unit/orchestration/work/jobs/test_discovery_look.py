from grace_workers.orchestration.job import Succeeded
from grace_workers.orchestration.work.jobs.discovery_look import DEFINITION
from tests.builders import Ward, claimed
from tests.unit.orchestration.discovery.looks import Place, known, thing


def test_every_discovery_is_looked_at_and_one_that_fails_stops_no_other() -> None:
    broken, well = Place(broken="no answer"), Place([thing("a")])
    ward = Ward(discoveries=known(broken.rule("broken"), well.rule("well")))
    ending = DEFINITION.run(ward, claimed(ward, DEFINITION, {}))
    assert ending == Succeeded(
        result={
            "broken": {"targets": 0, "problem": "no answer"},
            "well": {"targets": 1, "appeared": 1, "problem": None},
        }
    )


def test_without_a_discovery_nothing_is_looked_for() -> None:
    ward = Ward()
    assert DEFINITION.run(ward, claimed(ward, DEFINITION, {})) == Succeeded(result={})
