"""An agent hangs, and its jobs wait."""

from tests.drills.grounds.agents import MANY, AgentAtWork
from tests.waiting import until


class StuckAgent(AgentAtWork):
    """The red herring is a few jobs that wait beside a queue that is taken from."""

    signal = "CodingAgentStuck"

    def break_it(self) -> None:
        self.agent.stop()
        self.send("jobs", MANY)

    def revert(self) -> None:
        self.agent.go_on()
        until(self.well, within=20)

    def mislead(self) -> None:
        self.send("other", 20)


DRILL = StuckAgent
