#!/bin/sh
# What both recipes do to the root filesystem after its packages are in.
set -eu

groupadd --gid 1000 agent
useradd --uid 1000 --gid 1000 --create-home --shell /bin/bash agent
install -d -o agent -g agent -m 0755 /work

# Every box makes host keys of its own where it needs some.
rm -f /etc/ssh/ssh_host_*

# Boxes have no network: where packages came from is of no use in them.
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /etc/apt/sources.list /etc/apt/sources.list.d/*
rm -f /etc/apt/apt.conf.d/99mmdebstrap /etc/apt/apt.conf.d/docker-*
# What differs from one build to the next. In /tmp, mmdebstrap keeps what it still needs when run by a plain user.
rm -rf /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/cache/ldconfig/aux-cache /tmp/setup.sh
: > /etc/machine-id
printf 'box\n' > /etc/hostname
printf '127.0.0.1 localhost box\n::1 localhost\n' > /etc/hosts
: > /etc/resolv.conf
