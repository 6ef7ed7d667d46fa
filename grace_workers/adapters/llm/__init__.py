"""Language models behind an API like OpenAI's."""

from grace_workers.adapters.llm.opening import open_model

__all__ = ["open_model"]
