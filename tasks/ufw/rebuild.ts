import { sh } from '../../lib/index.ts'

/** The comment of the rules that keep ssh in while ufw's own are away. */
export const MARK = 'trueup-rebuild'

/**
 * Takes ufw's chains out of the kernel and has ufw load what is stored: `ufw reload` mends neither a flushed INPUT nor a
 * chain that is half gone. What takes them out (one transaction for each family) closes INPUT but for loopback, what is
 * under way and the port that we came in by. That is how it stays if ufw cannot load its rules, or if this is killed.
 * DOCKER-USER is not among them, so published ports stay closed; it is asked first again, as the engine has it.
 */
export const REBUILD = sh`ssh=\${SSH_CONNECTION##* } said=
marked() { printf -- '-I %s -m comment --comment ${MARK} -j ACCEPT\n' "$@"; }
own() { sed -n -E "$1" <<< "$rules"; }
for n in 1 2 3; do
  [ $n = 1 ] || sleep 1
  for ip in iptables ip6tables; do
    rules=$($ip-save -t filter) || continue
    { printf '*filter\n:INPUT DROP [0:0]\n'
      own '/^-A ufw/!s/^-A (.* (-[jg] ufw6?-|--comment ${MARK}).*)$/-D \1/p'
      own 's/^:(ufw6?-[^ ]+) .*/-F \1/p'
      own 's/^:(ufw6?-[^ ]+) .*/-X \1/p'
      marked 'INPUT -i lo' 'OUTPUT -o lo' "INPUT -p tcp --dport \${ssh:-22}" {INPUT,OUTPUT}' -p ipv6-icmp'
      marked {INPUT,OUTPUT,FORWARD}' -m conntrack --ctstate ESTABLISHED,RELATED'
      echo COMMIT; } | $ip-restore -w 10 -n || continue 2
  done
  said=$(/lib/ufw/ufw-init start 2>&1) && [[ $said != *'xtables lock'* ]] || continue
  for ip in iptables ip6tables; do
    rules=$($ip-save -t filter) || continue
    { echo '*filter'; own '/^-A .* --comment ${MARK} /s/^-A/-D/p'
      if grep -q '^:DOCKER-USER ' <<< "$rules"; then
        own '/^-A FORWARD -j DOCKER-USER$/s/^-A/-D/p'; echo '-I FORWARD -j DOCKER-USER'
      fi
      echo COMMIT; } | $ip-restore -w 10 -n || continue 2
  done
  exit 0
done
printf '%s\n' "$said" >&2; exit 1`
