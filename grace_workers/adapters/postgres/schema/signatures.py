"""The table of signatures."""

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text

from grace_workers.adapters.postgres.schema import metadata

signatures = Table(
    "signatures",
    metadata,
    Column("signature", Text, primary_key=True),
    Column("given", BigInteger, Identity(always=True), nullable=False),
    Column("known_as", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("shape", Text, nullable=False),
    Column("family", Text, nullable=False),
)
Index("ix_signatures_known_as", signatures.c.known_as)
Index("ix_signatures_context", signatures.c.context, signatures.c.given)
Index("ix_signatures_family", signatures.c.family, signatures.c.given)
