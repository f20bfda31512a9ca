# The same server from nothing, by a plain shell script that looks at nothing and takes care of nothing: what the work
# itself costs. Run as: ssh HOST bash -s < bootstrap.sh, with the templates and the certificate in /tmp/bench.
set -e
export DEBIAN_FRONTEND=noninteractive
app=/root/moja-dzialka
put() { mkdir -p "${2%/*}"; cat > "$2"; chmod "$1" "$2"; }

apt-get update -q
apt-get install -yq --no-install-recommends curl git jq htop rsync unzip ca-certificates gnupg cron logrotate unattended-upgrades fail2ban chrony
ln -sfT /usr/share/zoneinfo/Europe/Warsaw /etc/localtime
printf 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n' | put 0644 /etc/apt/apt.conf.d/20auto-upgrades
groupadd deploy
useradd -m -g deploy -s /bin/bash deploy
echo 'deploy ALL=(ALL) NOPASSWD:ALL' | put 0440 /etc/sudoers.d/deploy
echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKKXa4qjXjyXfMZqGNUlJ7wcKInzQTCH2chnkNQSBt+I deploy' | put 0600 /home/deploy/.ssh/authorized_keys
chmod 0700 /home/deploy/.ssh
chown -R deploy:deploy /home/deploy/.ssh
printf 'PasswordAuthentication no\nPermitRootLogin prohibit-password\nX11Forwarding no\nMaxAuthTries 3\n' | put 0644 /etc/ssh/sshd_config.d/10-hardening.conf
echo 'net.ipv4.conf.all.rp_filter = 1' | put 0644 /etc/sysctl.d/60-net.conf
echo 'vm.swappiness = 10' | put 0644 /etc/sysctl.d/61-vm.conf
echo 'net.core.somaxconn = 4096' | put 0644 /etc/sysctl.d/62-somax.conf
printf '[Journal]\nSystemMaxUse=500M\n' | put 0644 /etc/systemd/journald.conf.d/size.conf
printf '[sshd]\nenabled = true\nbackend = systemd\n' | put 0644 /etc/fail2ban/jail.d/sshd.local
systemctl enable -q --now chrony
mkdir -p $app/nginx/ssl $app/scripts $app/data $app/logs /root/backups
systemctl restart ssh

apt-get install -yq --no-install-recommends ufw
for port in 22 80 443; do ufw allow $port/tcp; done
ufw default deny incoming
ufw default allow outgoing
ufw --force enable

apt-get install -yq --no-install-recommends docker.io docker-cli docker-compose
echo '{"log-driver":"json-file","log-opts":{"max-size":"100m","max-file":"3"},"live-restore":true}' | put 0644 /etc/docker/daemon.json
usermod -aG docker deploy
systemctl enable -q --now docker
systemctl restart docker

put 0600 $app/nginx/ssl/cloudflare-origin.key < /tmp/bench/origin.key
put 0644 $app/nginx/ssl/cloudflare-origin.pem < /tmp/bench/origin.pem
apt-get install -yq --no-install-recommends nginx
rm -f /etc/nginx/sites-enabled/default
sed "s#{{ app_dir }}#$app#g" /tmp/bench/templates/moja-dzialka.conf.j2 | put 0644 /etc/nginx/sites-available/moja-dzialka
ln -sfT /etc/nginx/sites-available/moja-dzialka /etc/nginx/sites-enabled/moja-dzialka
nginx -t
systemctl enable -q --now nginx
systemctl reload nginx

printf 'POSTGRES_PASSWORD=x\nNEO4J_PASSWORD=y\n' | put 0600 $app/.env
for name in docker-compose.yml docker-compose.prod.yml docker-compose.monitoring.yml; do put 0644 $app/$name < /tmp/bench/templates/$name.j2; done
for name in deploy backup restore import-data; do sed "s/{{ item }}/$name/" /tmp/bench/templates/script.sh.j2 | put 0755 $app/scripts/$name.sh; done
put 0644 /etc/cron.d/moja-dzialka << EOF
0 3 * * * root $app/scripts/backup.sh >> /var/log/moja-dzialka-backup.log 2>&1
0 4 * * 0 root docker system prune -f >> /var/log/docker-cleanup.log 2>&1
0 6 * * * root df -h / | mail -s 'Disk usage' root
EOF
printf '/var/log/moja-dzialka-backup.log /var/log/docker-cleanup.log {\n  weekly\n  rotate 8\n  compress\n  missingok\n}\n' | put 0644 /etc/logrotate.d/moja-dzialka
systemctl enable -q --now cron
for name in prometheus.yml alerts.yml loki/config.yml grafana/datasources/prometheus.yml grafana/dashboards/default.yml; do
  printf '# %s\nglobal: {}\n' "$name" | put 0644 "$app/monitoring/$name"
done
