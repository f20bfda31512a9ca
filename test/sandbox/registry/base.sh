#!/bin/sh
# Makes a minimal system into the base of images. mmdebstrap runs it with the new root folder as $1.
set -eu
root=$1

# Nothing is started in an image.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 0755 "$root/usr/sbin/policy-rc.d"

# No database cluster, and nothing that a package's daemon would need.
mkdir -p "$root/etc/postgresql-common"
echo 'create_main_cluster = false' > "$root/etc/postgresql-common/createcluster.conf"
