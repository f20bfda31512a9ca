#!/bin/sh
# Writes when certificates expire to a file for node-exporter, which is replaced as a whole.
# Usage: certificates.sh FOLDER PREFIX CERTIFICATE…
set -eu
folder=$1 prefix=$2
shift 2
new=$(mktemp "$folder/.certificates.XXXXXX")
trap 'rm -f -- "$new"' EXIT
{
  printf '# HELP %s_certificate_not_after_timestamp_seconds When a certificate expires\n' "$prefix"
  printf '# TYPE %s_certificate_not_after_timestamp_seconds gauge\n' "$prefix"
  for path; do
    # A certificate that cannot be read has no line: the alert CertificateUnseen tells of it.
    until=$(openssl x509 -in "$path" -noout -enddate) || continue
    printf '%s_certificate_not_after_timestamp_seconds{path="%s"} %s\n' \
      "$prefix" "$path" "$(date -d "${until#notAfter=}" +%s)"
  done
} >"$new"
chmod 0644 "$new"
mv -f -- "$new" "$folder/$prefix-certificates.prom"
