#!/bin/sh
# Turns a lab host into one that looks like Proxmox VE, from the tools in the folder of this script.
set -eu
from=${0%/*} to=/usr/local/lib/pve-stand-in
mkdir -p $to /var/lib/vz
[ "$from" -ef $to ] || cp "$from"/* $to
ln -sf $to/pvesm $to/pveum $to/pve-firewall $to/pct /usr/sbin
ln -sf $to/pveversion /usr/bin
cp $to/pve-cluster.service $to/pve-container@.service /etc/systemd/system
systemctl daemon-reload
systemctl start pve-cluster
