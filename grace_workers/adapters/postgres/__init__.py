"""PostgreSQL: at the front what all folders need, and the transaction that offers every store.

`audit`, `events`, `incidents`, `jobs` and `fleet` each hold the stores of one topic; `schema` holds the tables.
"""
