#!/bin/sh
# Starts Redis with its password from a file, so that it stands in no command line and no environment.
set -eu
password=$(cat /run/secrets/broker_password)
test -n "$password"
exec redis-server - <<END
port 6379
protected-mode yes
dir /data
requirepass $password
appendonly yes
appendfsync everysec
save ""
maxmemory ${GRACE_REDIS_MAXMEMORY:-384mb}
maxmemory-policy noeviction
tcp-keepalive 60
END
