#!/bin/sh
# Boots one host, and boots it again whenever it asks for a reboot: systemd-nspawn exits with 133 then.
# Usage: supervise.sh CGROUP NETNS LINK NETWORK COMMAND...
set -eu
cgroup=$1 netns=$2 link=$3 network=$4
shift 4

# A group per host: nspawn would share one "payload" group between all hosts, and whoever ends the host ends the group.
# This loop sits in a leaf of its own, so that the controllers there are can be handed on to the host.
mkdir -p "$cgroup/loop" "$cgroup/machine"
echo $$ > "$cgroup/loop/cgroup.procs"
for controller in $(cat "$cgroup/cgroup.controllers"); do
  echo "+$controller" > "$cgroup/cgroup.subtree_control" || true
done

# Firewall rules and net.* sysctls live in the network namespace: a reboot must lose them, so each boot gets a new one.
connect() {
  ip link delete "$link" 2> /dev/null || true
  ip netns delete "$netns" 2> /dev/null || true
  ip -batch "$network.outside"
  ip -n "$netns" -batch "$network.inside"
}

while :; do
  connect
  status=0
  sh -c 'echo $$ > "$0/machine/cgroup.procs" && exec "$@"' "$cgroup" "$@" || status=$?
  [ "$status" -eq 133 ] || exit "$status"
done
