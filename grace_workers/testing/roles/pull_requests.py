"""Pull requests in memory."""

from dataclasses import dataclass, field

from grace_workers.actions import PullRequest, PullRequests


@dataclass(slots=True)
class MemoryPullRequests(PullRequests):
    """`PullRequests` in memory: the open request of each branch, and the title and text of every one by its number."""

    requests: dict[str, PullRequest] = field(default_factory=dict)
    words: dict[int, tuple[str, str]] = field(default_factory=dict)

    def opened(self, branch: str) -> PullRequest | None:
        return self.requests.get(branch)

    def open(self, branch: str, title: str, text: str) -> PullRequest:
        if branch not in self.requests:
            number = len(self.words) + 1
            self.words[number] = (title, text)
            self.requests[branch] = PullRequest(number=number, url=f"https://forge.example/shop/{number}")
        return self.requests[branch]

    def close(self, branch: str) -> None:
        self.requests.pop(branch, None)
