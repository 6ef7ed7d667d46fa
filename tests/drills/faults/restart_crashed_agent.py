"""An agent is killed, and its jobs wait."""

from tests.drills.grounds.agents import MANY, AgentAtWork
from tests.waiting import until


class CrashedAgent(AgentAtWork):
    """The red herring is jobs of a queue that no agent takes from."""

    signal = "CodingAgentDown"
    rivals = frozenset({"restart_dead_service"})

    def break_it(self) -> None:
        self.agent.kill()
        self.send("jobs", MANY)

    def revert(self) -> None:
        self.stage.start("agent")
        until(self.well, within=20)

    def well(self) -> bool:
        return self.agent.runs() and super().well()

    def mislead(self) -> None:
        self.send("other", MANY)


DRILL = CrashedAgent
