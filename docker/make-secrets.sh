#!/bin/sh
# Makes the secrets of compose.yaml in a folder (default: secrets), each once; what is there stays.
# The folder is closed to others. The files are readable, for containers run as other users than you.
set -eu
folder=${1:-secrets}
umask 077
mkdir -p "$folder"

make() {
    [ -s "$folder/$1" ] && return
    printf '%s%s\n' "$2" "$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')" > "$folder/$1"
    chmod 0444 "$folder/$1"
}

make database_password ""
make control_password ""
make node_password ""
make broker_password ""
make submit_password ""
make admin_token "grace_"
make viewer_token "grace_"
make reporter_token "grace_"
make flower_auth "operator:"
echo "the secrets are in $folder; the admin token for the CLI: GRACE_TOKEN=\$(cat $folder/admin_token)"
