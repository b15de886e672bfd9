#!/bin/bash
# Runs Azurite, Microsoft's emulator of Azure Blob Storage, on 127.0.0.1 for tests.
#
#   azurite.sh DIRECTORY PORT ACCOUNT BASE64_KEY
#
# DIRECTORY is made and holds everything. Prints "ready" when it answers, then waits until its standard input is closed (also by the death
# of whoever started it), stops it and removes DIRECTORY. tests/scripts/install-dependencies installs it.
set -euo pipefail

directory=$1 port=$2
program=$("$(dirname "$0")/../scripts/azurite-directory")/node_modules/.bin/azurite-blob
[ -x "$program" ] || { echo "Azurite is not installed: run tests/scripts/install-dependencies test" >&2; exit 1; }
server=

stop() {
  trap - EXIT
  [ -z "$server" ] || kill -9 "$server" 2> /dev/null || true # nothing here is kept
  wait 2> /dev/null || true
  rm -rf "$directory"
}
trap stop EXIT
trap 'exit 1' INT TERM HUP

mkdir -m 700 -p "$directory"
# It refuses service versions that are newer than itself unless it is told not to look.
AZURITE_ACCOUNTS=$3:$4 "$program" --blobHost 127.0.0.1 --blobPort "$port" --location "$directory" \
  --disableTelemetry --skipApiVersionCheck --silent --debug "$directory/debug.log" > "$directory/output.log" 2>&1 < /dev/null &
server=$!
for _ in $(seq 300); do
  kill -0 "$server" 2> /dev/null || { cat "$directory/output.log" >&2; exit 1; }
  if (exec 4<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
    echo ready
    cat > /dev/null
    exit
  fi
  sleep 0.1
done
echo "Azurite does not answer on port $port" >&2
exit 1
