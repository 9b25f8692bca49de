#!/usr/bin/env bash
# How long the clusters take on this host's own kernel, at the speed of its processor: the tests of two directors, in
# namespaces of their own, without IPVS. A director answers itself in the place of the real servers; what becomes of
# connections is for the machine (run.mjs) to show, where a program starts fifty times slower.
#
#   LAB_PACKAGE=FILE.deb [LAB_SCENES=PART] at-speed.sh [file...]
#
# File: below test/stages; without one, the clusters of Pacemaker and of heartbeat. LAB_SCENES: only tests with this in
# their name.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
what="clusters at speed"
. "$here/../../support/debian.sh"
((EUID == 0)) || cannot "namespaces need root"
mapfile -t missing < <(
  missing_of corosync:corosync crm:crmsh crm_mon:pacemaker-cli-utils pacemakerd:pacemaker unshare:util-linux arping:iputils-arping \
    /usr/lib/ocf/resource.d/heartbeat/IPaddr2:resource-agents /usr/libexec/heartbeat/heartbeat:heartbeat \
    keepalived:keepalived gcc:gcc /usr/include/linux/ip_vs.h:linux-libc-dev
)
bring "${missing[@]}"
CLUSTER_AT_SPEED=$(mktemp -d)
trap 'rm -rf "$CLUSTER_AT_SPEED"' EXIT
export CLUSTER_AT_SPEED
dpkg -x "${LAB_PACKAGE:?names our package}" "$CLUSTER_AT_SPEED"
mkdir "$CLUSTER_AT_SPEED/bin"
printf '#!/bin/sh\n' >"$CLUSTER_AT_SPEED/bin/ipvsadm"
chmod 755 "$CLUSTER_AT_SPEED/bin/ipvsadm"
cd "$here/../../.."
gcc -shared -fPIC -o "$CLUSTER_AT_SPEED/fake-ipvs.so" bench/native/fake-ipvs.c
own=(--net --pid --fork --kill-child --mount --mount-proc)
# Not exec: a shell as the first process reaps whom a killed director leaves, and a director has ended when none is left.
inside='mount -t tmpfs netns /run/netns && ip link set lo up && npx vitest run --project surroundings --project ha --reporter=verbose "$@"; exit $?'
mkdir -p /run/netns
((${#@})) || set -- surroundings/pacemaker-pair surroundings/heartbeat-pair
LAB_HA=full PATH=$CLUSTER_AT_SPEED/bin:$PATH unshare "${own[@]}" sh -c "$inside" sh ${LAB_SCENES:+-t "$LAB_SCENES"} "${@/#/test/stages/}"
