#!/bin/sh
# Exits 0 only when Redis takes a write: it answers PING even when its memory or its disk is full.
set -eu
REDISCLI_AUTH=$(cat /run/secrets/broker_password)
export REDISCLI_AUTH
test "$(redis-cli -n 15 set grace.health 1 ex 60)" = OK
