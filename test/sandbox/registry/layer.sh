#!/bin/bash
# Makes one layer of an image: what installing packages on top of the base changes. Run by `unshare --mount`, so that
# every mount ends with it. Usage: layer.sh BASE LAYER.tar.zst [PACKAGE...]; without packages, the base itself.
set -euo pipefail
base=$1 out=$2
shift 2

tree=$base
if (($#)); then
  work=$(mktemp -d "$out.XXXXXX")
  mount -t tmpfs -o mode=0755 tmpfs "$work"
  mkdir "$work/upper" "$work/work" "$work/root"
  tree=$work/upper root=$work/root
  mount -t overlay -o "lowerdir=$base,upperdir=$tree,workdir=$work/work" overlay "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
  install=(chroot "$root" apt-get -qy -o APT::Sandbox::User=root --no-install-recommends install "$@")
  # The base may be older than what the mirror still has.
  "${install[@]}" || { chroot "$root" apt-get -q update && "${install[@]}"; }
  umount --lazy "$root/proc" "$root/dev" "$root"
  # What the overlay calls removed, as images call it (image-spec, layer.md, Whiteouts).
  find "$tree" -type c -printf '%h/%f\0' | while IFS= read -rd '' path; do
    rm -- "$path"
    : > "$(dirname -- "$path")/.wh.$(basename -- "$path")"
  done
fi

skip=(./proc/\* ./sys/\* ./dev/\* ./run/\* ./tmp/\* ./var/cache/apt/\* ./var/lib/apt/lists/\* ./var/log/\* ./var/lib/dpkg/\*-old)
{
  tar -C "$tree" --numeric-owner --one-file-system --sort=name "${skip[@]/#/--exclude=}" -cf - . |
    tee /dev/fd/3 | zstd -q -f -1 -T0 -o "$out.unfinished"
} 3>&1 > /dev/null | sha256sum | cut -c 1-64 > "$out.diff"
if (($#)); then
  umount "$work"
  rmdir "$work"
fi
sha256sum < "$out.unfinished" | cut -c 1-64 > "$out.digest"
mv "$out.unfinished" "$out"
