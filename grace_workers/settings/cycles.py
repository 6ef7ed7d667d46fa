"""The rhythm of the cycles."""

from datetime import timedelta

from grace_workers.foundation.document import Document


class CycleSettings(Document):
    """How often beat looks."""

    triggers: timedelta = timedelta(seconds=30)
    telemetry: timedelta = timedelta(seconds=60)
