"""How long what has ended is kept."""

from datetime import timedelta

from pydantic import Field

from grace_workers.foundation.document import Document


class RetentionSettings(Document):
    """How long ended things stay in the database; the audit log and incidents are not affected.

    `unaudited` jobs are the periodic looks. A dead job can be replayed as long as it is kept. `instances` are those
    that left the fleet healthy. `facts` are those taken for incidents that are closed, and `findings` those of cycles
    that are over. `outcomes` of runs are what diagnosis learns from; the newest 2,000 stay, and it takes a week until
    it is known whether a problem stayed healed. Maintenance windows go with the signals, and so do notices to people,
    but not within 32 days. Runs in shadow mode go with the outcomes, and so do versions of learned causes that are not
    in force.
    """

    jobs: timedelta = Field(default=timedelta(days=30), ge=timedelta(hours=1))
    unaudited: timedelta = Field(default=timedelta(days=1), ge=timedelta(hours=1))
    dead: timedelta = Field(default=timedelta(days=90), ge=timedelta(hours=1))
    signals: timedelta = Field(default=timedelta(days=90), ge=timedelta(days=1))
    instances: timedelta = Field(default=timedelta(days=30), ge=timedelta(hours=1))
    facts: timedelta = Field(default=timedelta(days=90), ge=timedelta(days=1))
    findings: timedelta = Field(default=timedelta(days=90), ge=timedelta(days=1))
    outcomes: timedelta = Field(default=timedelta(days=400), ge=timedelta(days=8))
