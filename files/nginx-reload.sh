#!/bin/bash
# Has nginx take up its configuration, and proves that it did. Where it did not, or where the site does not answer any
# more, what was there before is put back and taken up again, and the exit code is 1.
#
# usage: nginx-reload.sh BEFORE NAME CERTIFICATE
#   BEFORE       a copy of /etc/nginx from before the changes; removed once they have proven themselves
#   NAME         the site must shake hands by this name, with CERTIFICATE, and redirect from port 80
set -Eeuo pipefail

workers() {
  local main
  main=$(systemctl show -P MainPID nginx.service)
  # Processes come and go while they are looked at, which grep takes for an error.
  [ "$main" = 0 ] || { grep -lsx "PPid:.$main" /proc/[0-9]*/status || true; } | cut -d / -f 3
}

# Each worker of before is gone or on its way out, and there are others.
replaced() { # BEFORE…
  local one others=1
  for one in $(workers); do
    case " $* " in
      *" $one "*) grep -qs 'shutting down' "/proc/$one/cmdline" || return 1 ;;
      *) others=0 ;;
    esac
  done
  return $others
}

# nginx -s reload only sends a signal: what the master thinks of it shows in its workers.
reload() {
  local before waited log=/var/log/nginx/error.log seen
  seen=$(stat -c %s -- $log 2>/dev/null || echo 0)
  before=$(workers | tr '\n' ' ')
  nginx -q -t || return
  if ! systemctl reload-or-restart -- nginx.service; then
    journalctl -q -n 5 -o cat -u nginx.service >&2
    return 1
  fi
  for waited in {1..100}; do
    # shellcheck disable=SC2086 # a list of numbers
    if replaced $before; then return; fi
    sleep 0.1
  done
  echo "nginx goes on with its old configuration ($((waited / 10)) s after the reload):" >&2
  tail -c "+$((seen + 1))" -- $log | grep -F '[emerg]' | tail -n 3 >&2
  return 1
}

# What the site answers to its visitors' first question: the whole talk, certificate and all.
talk() { # NAME
  printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" |
    timeout 15 openssl s_client -connect 127.0.0.1:443 -servername "$1" -ign_eof 2>/dev/null | tr -d '\0' || true
}

status() { sed -n 's|^HTTP/1\.1 \([0-9][0-9][0-9]\) .*|\1|p' <<<"$1" | head -n 1; }

fingerprint() { openssl x509 -noout -fingerprint -sha256 2>/dev/null || echo none; }

redirects() { # NAME
  local line
  exec 3<>/dev/tcp/127.0.0.1/80 || return
  printf 'GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$1" >&3
  read -r -t 15 line <&3 || line='no answer'
  exec 3>&-
  [[ $line == 'HTTP/1.1 301 '* ]] || { echo "http://$1 answers ${line%$'\r'}, not 301" >&2; return 1; }
}

# An application that is down is no fault of this configuration, unless it answered until now.
proves() { # NAME CERTIFICATE STATUS-OF-BEFORE
  local said code=
  for _ in 1 2 3; do
    said=$(talk "$1")
    if [ "$(fingerprint <<<"$said")" != "$(fingerprint <"$2")" ]; then
      echo "https://$1 on this host does not shake hands with the certificate $2" >&2
      return 1
    fi
    code=$(status "$said")
    if [ "${3:-599}" -ge 500 ] || [ "${code:-599}" -lt 500 ]; then
      redirects "$1"
      return
    fi
    sleep 1
  done
  echo "https://$1 answers ${code:-nothing}; with the configuration of before it was $3" >&2
  return 1
}

same() { # PATH PATH
  [ "$(stat -c '%F %a %u %g' -- "$1")" = "$(stat -c '%F %a %u %g' -- "$2" 2>/dev/null)" ] || return 1
  if [ -L "$1" ]; then [ "$(readlink -- "$1")" = "$(readlink -- "$2")" ]; else cmp -s -- "$1" "$2"; fi
}

# Only what differs is touched, each file as a whole.
put_back() { # BEFORE
  local path
  while read -r -d '' path; do
    same "$1/$path" "/etc/nginx/$path" && continue
    cp -aT -- "$1/$path" "/etc/nginx/${path%/*}/.trueup.$$" && mv -fT -- "/etc/nginx/${path%/*}/.trueup.$$" "/etc/nginx/$path"
  done < <(cd "$1" && find . ! -type d -print0)
  while read -r -d '' path; do
    [ -e "$1/$path" ] || [ -L "$1/$path" ] || rm -f -- "/etc/nginx/$path"
  done < <(cd /etc/nginx && find . ! -type d -print0)
  sync /etc/nginx
}

main() {
  local before=$1 name=$2 certificate=$3 was
  if ! nginx -q -t; then
    echo 'nginx refuses what is in /etc/nginx, and was not told of it: it serves what it served before' >&2
    return 1
  fi
  was=$(status "$(talk "$name")")
  if reload && proves "$name" "$certificate" "$was"; then
    rm -rf -- "$before"
    return
  fi
  if [ ! -d "$before" ]; then
    echo 'no file had been changed, so that there is nothing to put back' >&2
    return 1
  fi
  put_back "$before"
  rm -rf -- "$before"
  if ! reload; then
    echo 'the files of before were put back, and nginx does not take them up either' >&2
  elif [ -n "$was" ] && ! proves "$name" "$certificate" "$was"; then
    echo 'the files of before were put back, and the site does not answer with them either' >&2
  else
    echo 'the files of before were put back, and nginx serves them again' >&2
  fi
  return 1
}

# All of it is read before any of it runs: it may come by standard input.
main "$@" </dev/null
exit
