#!/bin/sh
# Starts Redis with its passwords from files, so that they stand in no command line and no environment.
#
# The fleet's login may do what its nodes need and cannot empty, stop or reconfigure the server. Foreign Celery
# applications have a login of their own, which may put orders into the queue `orchestration` and no more.
set -eu
hash_of() {
    test -s "$1"
    printf %s "$(cat "$1")" | sha256sum | cut -d ' ' -f 1
}
fleet=$(hash_of /run/secrets/broker_password)
submit=$(hash_of /run/secrets/submit_password)
exec redis-server - <<END
port 6379
protected-mode yes
dir /data
user default reset on #$fleet ~* &* +@all -@admin -@dangerous +info
user submit reset on #$submit resetkeys resetchannels -@all "%W~orchestration" "%W~orchestration\x06\x16?" "~_kombu.binding.orchestration" "~_kombu.binding_permanent.orchestration" +auth +hello +ping +client|setname +multi +exec +discard +lpush +llen +sadd +smembers
proto-max-bulk-len 1mb
client-query-buffer-limit 4mb
appendonly yes
appendfsync everysec
save ""
maxmemory ${GRACE_REDIS_MAXMEMORY:-384mb}
maxmemory-policy noeviction
tcp-keepalive 60
END
