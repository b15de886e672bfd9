#!/bin/bash
# Runs a single-node Ceph object gateway (one monitor, one in-memory OSD, one RADOS gateway) on 127.0.0.1 for tests, without systemd.
#
#   ceph-rgw.sh DIRECTORY PORT ACCESS_KEY SECRET_KEY
#
# DIRECTORY is made and holds everything, logs included. Prints "ready" when the gateway answers, then waits until its standard input is
# closed (also by the death of whoever started it), stops what it started and removes DIRECTORY. Until then it obeys two lines of its
# standard input, and prints "done" after each: "kill" kills the gateway as a crash would, "start" starts it again.
# Needs the packages radosgw, ceph-mon, ceph-osd and ceph-common (Debian 12: Ceph 16).
set -euo pipefail

directory=$1 port=$2 access_key=$3 secret_key=$4
children=()

stop() {
  trap - EXIT
  # Newest first; kill -9 is enough, because nothing here is kept.
  for ((i = ${#children[@]} - 1; i >= 0; i--)); do kill -9 "${children[i]}" 2> /dev/null || true; done
  wait "${children[@]}" 2> /dev/null || true # and not for what listens to standard input
  rm -rf "$directory"
}
trap stop EXIT
trap 'exit 1' INT TERM HUP

mkdir -m 700 -p "$directory"/{mon,osd,rgw,run,log}

# Ends this script, wherever it is, when standard input closes; what is said there goes on to the end of this script.
mkfifo "$directory/commands"
exec 3<&0 4<> "$directory/commands"
(cat <&3 >&4; kill -TERM $$ 2> /dev/null) &
exec 3<&- < /dev/null
answers() { (exec 5<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null; }

# A port of its own for the monitor, so that several clusters can run side by side.
# Protocol v1 only: with v2 alone, radosgw 16 without authentication fails to connect (EACCES).
mon_port=$((20000 + RANDOM % 10000))
while answers "$mon_port"; do mon_port=$((mon_port + 1)); done

cluster=$(cat /proc/sys/kernel/random/uuid)
cat > "$directory/ceph.conf" << CONF
[global]
fsid = $cluster
mon initial members = a
mon host = [v1:127.0.0.1:$mon_port]
public network = 127.0.0.0/8
ms bind ipv6 = false
auth cluster required = none
auth service required = none
auth client required = none
auth supported = none
run dir = $directory/run
crash dir = $directory/log
admin socket = $directory/run/\$name.asok
log file = $directory/log/\$name.log
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
osd class load list = *
osd class default list = *
[mon]
mon data = $directory/mon
mon data avail crit = 1
[osd]
osd data = $directory/osd
osd objectstore = memstore
# Both would be commands to the monitor, and one that is refused (see retry) ends the OSD.
osd crush update on start = false
osd class update on start = false
memstore device bytes = 4294967296
[client]
keyring = $directory/keyring
rgw data = $directory/rgw
# Without tcp_nodelay every request on a reused connection waits 40 ms for a delayed acknowledgement.
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw enable usage log = false
rgw enable ops log = false
rgw run sync thread = false
CONF
: > "$directory/keyring"

start() {
  "${@:2}" -c "$directory/ceph.conf" -f > "$directory/log/$1.out" 2>&1 &
  children+=($!)
}
# Without authentication a client may send a command before it knows the cluster; the monitor refuses it then ("wrong fsid", EPERM).
retry() {
  for ((try = 0; try < 5; try++)); do
    "$@" && return
    sleep 0.5
  done
  return 1
}
ceph_once() { timeout 60 /usr/bin/ceph -c "$directory/ceph.conf" --connect-timeout 30 "$@" 2> "$directory/log/ceph.out"; }
admin_once() { timeout 60 radosgw-admin -c "$directory/ceph.conf" -n client.rgw "$@" > "$directory/log/admin.out" 2>&1; }
ceph() { retry ceph_once "$@"; }
admin() { retry admin_once "$@"; }
fail() { echo "$1; the logs are:" >&2; tail -n 5 "$directory"/log/*.out >&2 || true; exit 1; }

monmaptool --create --fsid "$cluster" --addv a "[v1:127.0.0.1:$mon_port]" "$directory/monmap" > /dev/null 2>&1
ceph-mon -c "$directory/ceph.conf" --mkfs -i a --monmap "$directory/monmap" > /dev/null
start mon ceph-mon -i a
ceph mon dump > /dev/null || fail "the monitor does not answer"

osd=$(cat /proc/sys/kernel/random/uuid)
ceph osd new "$osd" > /dev/null || fail "the OSD has no number"
ceph osd crush add osd.0 1.0 root=default host=localhost > /dev/null || fail "the OSD has no place"
ceph-osd -c "$directory/ceph.conf" -i 0 --mkfs --osd-uuid "$osd" > "$directory/log/osd-mkfs.out" 2>&1
start osd ceph-osd -i 0
up=false
for ((i = 0; i < 300; i++)); do
  if ceph osd stat | grep -q "1 up"; then up=true; break; fi
  kill -0 "${children[-1]}" 2> /dev/null || break
  sleep 0.2
done
$up || fail "the OSD does not come up"

admin user create --uid=test --display-name=test --access-key="$access_key" --secret-key="$secret_key" || fail "no user"
placement=(placement add --placement-id default-placement --storage-class STANDARD_IA)
admin zonegroup "${placement[@]}" --rgw-zonegroup default || fail "no storage class"
admin zone "${placement[@]}" --rgw-zone default --data-pool default.rgw.ia.data || fail "no storage class"
start_gateway_once() {
  start rgw radosgw -n client.rgw
  for ((i = 0; i < 600; i++)); do
    kill -0 "${children[-1]}" 2> /dev/null || break
    answers "$port" && return
    sleep 0.1
  done
  kill_gateway
  return 1
}
start_gateway() { retry start_gateway_once || fail "the gateway does not come up"; }
kill_gateway() {
  kill -9 "${children[-1]}" 2> /dev/null || true
  wait "${children[-1]}" 2> /dev/null || true
  unset 'children[-1]'
}
start_gateway
echo ready
while read -r command <&4; do
  case $command in
    kill) kill_gateway ;;
    start) start_gateway ;;
    *) fail "no such command: $command" ;;
  esac
  echo done
done
