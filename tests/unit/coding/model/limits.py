"""The limits of a model that costs nothing."""

from datetime import timedelta

from grace_workers.coding import ModelLimits

LIMITS = ModelLimits(
    turns=3,
    within=timedelta(minutes=1),
    tokens=60_000,
    answer_tokens=4_000,
    price_sent=0.0,
    price_received=0.0,
    cost=1.0,
    daily_tokens=1_000_000,
    daily_cost=10.0,
)
