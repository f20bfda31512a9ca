#!/bin/sh
# Turns a minimal system into what a plain cloud image is. mmdebstrap runs it with the new root folder as $1.
set -eu
root=$1

# Two people for become tests: `ops` needs a password for sudo, `ubuntu` needs none.
for user in ops ubuntu; do
  chroot "$root" useradd --create-home --shell /bin/bash "$user"
done
echo 'ops:sandbox-ops' | chroot "$root" chpasswd
echo 'ops ALL=(ALL:ALL) ALL' > "$root/etc/sudoers.d/ops"
echo 'ubuntu ALL=(ALL:ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/ubuntu"
chmod 0440 "$root/etc/sudoers.d/ops" "$root/etc/sudoers.d/ubuntu"

echo 'LANG=C.UTF-8' > "$root/etc/default/locale"

# Scans and failed logins of the tests must not lock the runner out. Older servers do not know the keyword.
if grep -qr PerSourcePenaltyExemptList "$root/usr/sbin/sshd" "$root/usr/lib/openssh"; then
  cat > "$root/etc/ssh/sshd_config.d/99-sandbox.conf" << 'CONF'
# Written by the sandbox: its own bridge is exempt from sshd's penalties.
PerSourcePenaltyExemptList 10.77.0.0/16,fd77::/16
CONF
fi

# The kernel is the machine's own: nothing to load or to look into.
for unit in systemd-modules-load.service modprobe@.service sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# No apt run of its own may hold the lock in the middle of a test.
chroot "$root" systemctl disable --quiet apt-daily.timer apt-daily-upgrade.timer

# Identity, sources and name server are given to each host when it is made.
rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/apt/sources.list" "$root/etc/hostname" "$root/etc/resolv.conf"
mkdir -p "$root/var/log/journal" "$root/var/lib/docker" "$root/var/lib/containerd"

# As after a first boot, so that a boot does not rebuild the linker cache, the journal catalog and the like.
touch "$root/etc/.updated" "$root/var/.updated"
