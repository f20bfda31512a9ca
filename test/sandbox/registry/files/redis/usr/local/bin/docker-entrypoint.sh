#!/bin/sh
# What the official image's entrypoint does, in short: options are for redis-server, which does not run as root.
set -eu

if [ "${1#-}" != "${1:-}" ] || [ "${1%.conf}" != "${1:-}" ]; then
  set -- redis-server "$@"
fi
if [ "${1:-}" = redis-server ]; then
  # The image is for a network of its own: whoever has no password set may be asked by anybody there.
  case " $* " in
  *' --protected-mode '* | *' - '*) ;;
  *) set -- "$@" --protected-mode no ;;
  esac
  if [ "$(id -u)" = 0 ]; then
    find . \! -user redis -exec chown redis: {} +
    exec setpriv --reuid redis --regid redis --init-groups "$@"
  fi
fi
exec "$@"
