/**
 * What a host runs by itself when nobody has proved in time that one still gets in: a script that needs nothing but what
 * lies beside it. The latest step is put back first; each undo is run once, when all files are as they were. It may be
 * run at any time and twice at once.
 */
export const putBack = String.raw`# Written by trueup: puts back what a run has changed and not proved.
export TZ=UTC LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
state=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
exec 9> /run/trueup-guard.lock && flock 9
cd -- "$state/guard" 2> /dev/null || exit 0
steps=$(ls -d [0-9]* | sort -rn)
for step in $steps; do
  while IFS= read -r -d '' path; do
    if [ -e "$step/files$path" ] || [ -L "$step/files$path" ]; then
      mkdir -p -- "\${path%/*}"
      cp -a -- "$step/files$path" "$path.trueup-back" && mv -fT -- "$path.trueup-back" "$path"
    else rm -f -- "$path"; fi
  done < "$step/paths"
done
sync
undone=' ' failed=''
for step in $steps; do
  sum=$(sha256sum < "$step/undo")
  [[ $undone != *" $sum "* ]] || continue
  undone+="$sum "
  bash "$step/undo" 9>&- || failed='; its undo has failed'
done
titles=$(for step in $(ls -d [0-9]* | sort -n); do printf '“%s”, ' "$(< "$step/title")"; done)
printf '%s at %(%F %T)T UTC%s\n' "\${titles%, }" -1 "$failed" > "$state/put-back"
units=/etc/systemd/system
rm -f -- $units/trueup-guard.{service,timer} $units/multi-user.target.wants/trueup-guard.service
cd "$state" && rm -rf -- guard
systemctl stop --no-block trueup-guard.timer
systemctl daemon-reload
`.replaceAll('\\$', '$')

/** Run by the timer, and by every boot once what lets people in is up. systemd.service(5), systemd.timer(5). */
export const SERVICE = `[Unit]
Description=Puts back what a run of trueup has changed and not proved
After=network.target ssh.service ssh.socket ufw.service

[Service]
Type=oneshot
ExecStart=/bin/bash /var/lib/trueup/guard/put-back

[Install]
WantedBy=multi-user.target
`

/** A minute is enough for the proof, and short enough for whoever is shut out. */
export const TIMER = `[Unit]
Description=Time to prove that one can still get in

[Timer]
OnActiveSec=60
AccuracySec=1s
`
