import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import * as z from 'zod'
import { down, inventoryFile, reset, restore, snapshot, up } from '../sandbox/index.ts'
import { holdsTo, mends, troubles } from './contract.ts'
import { on } from './judge.ts'
import { cronMischief } from './mischief-cron.ts'
import { trueup } from './trueup.ts'

const HOST = 'cron'
const DIR = '/root/moja-dzialka'
const MARK = '/run/backups'

/** What the other roles bring, as far as this one needs it. */
const GROUND = `mkdir -p ${DIR}/scripts
printf '#!/bin/sh\\nid -un >>${MARK}; echo "the backup says $*"; exit "$(cat /run/code 2>/dev/null || echo 0)"\\n' >${DIR}/scripts/backup.sh
printf '#!/bin/sh\\n' | tee ${DIR}/scripts/restore-test.sh >/usr/local/sbin/docker-cleanup
chmod 0755 ${DIR}/scripts/*.sh`

/** A mail server for one password, over TLS, that keeps what it is given. */
const SINK = `import asyncio, base64, ssl
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain('/run/sink.pem', '/run/sink.key')
WANTED = base64.b64encode(b'\\0me\\0pass "word\\\\#').decode()
async def serve(reader, writer):
    def say(text):
        writer.write((text + '\\r\\n').encode())
    known, data = False, None
    say('220 sink')
    while line := (await reader.readline()).decode(errors='replace').rstrip('\\r\\n') if not reader.at_eof() else None:
        verb = line.split(' ')[0].upper()
        if verb == 'EHLO': say('250-sink'); say('250 AUTH PLAIN')
        elif verb == 'AUTH':
            known = line.split(' ')[-1] == WANTED
            say('235 welcome' if known else '535 who are you')
        elif verb == 'DATA' and known:
            say('354 go on'); data = []
            while (text := (await reader.readline()).decode(errors='replace').rstrip('\\r\\n')) != '.': data.append(text)
            open('/run/mails', 'a').write('\\n'.join(data) + '\\n=====\\n')
            say('250 taken')
        elif verb == 'QUIT': say('221 bye'); break
        else: say('250 yes' if known else '530 log in first')
        await writer.drain()
    await writer.drain(); writer.close()
async def main():
    async with await asyncio.start_server(serve, '127.0.0.1', 4465, ssl=tls) as server: await server.serve_forever()
asyncio.run(main())
`

/** The sandbox's inventory with variables for the role: a file beside it. */
const inventoryWith = async (vars: object): Promise<string> => {
  const inventory = z
    .looseObject({ vars: z.record(z.string(), z.unknown()) })
    .parse(parse(await readFile(inventoryFile, 'utf8')))
  const file = inventoryFile.replace(/\.yml$/, '-cron.yml')
  await writeFile(file, stringify({ ...inventory, vars: { ...inventory.vars, cron: vars } }), { mode: 0o600 })
  return file
}

const eventually = async (command: string, seconds: number): Promise<string> => {
  for (const end = Date.now() + seconds * 1000; ; await sleep(2000)) {
    const found = await on(HOST, `${command} 2>/dev/null || :`)
    if (found !== '' || Date.now() > end) return found
  }
}

beforeAll(async () => {
  await up([HOST])
  await reset([HOST])
  await on(HOST, GROUND)
})
afterAll(() => down([HOST]))

describe('the jobs of cron', () => {
  it('hold to their contract, and cron reads them', async () => {
    await holdsTo(HOST, ['cron'])
    await snapshot(HOST, 'cron')
    // crontab(1) knows no column for the user; cron itself complains in the journal.
    await on(HOST, `sed 's/ root / /' /etc/cron.d/moja-dzialka >/run/crontab && crontab -n /run/crontab`)
    expect(await on(HOST, `ls /etc/cron.d | grep -vE '^[A-Za-z0-9_-]+$' | grep -v '^[.]' || :`)).toBe('')
  })

  it.each(cronMischief)('mend $name', async (one) => await mends(HOST, one))

  it('run at their time, and tell by mail when they fail (R134)', async () => {
    await restore(HOST, 'cron')
    await on(
      HOST,
      `${GROUND}
apt-get install -yq --no-install-recommends python3-minimal python3 openssl >/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout /run/sink.key -out /run/sink.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null
cp /run/sink.pem /usr/local/share/ca-certificates/sink.crt && update-ca-certificates >/dev/null
cat >/run/sink.py <<'END'
${SINK}
END
systemd-run -q --unit=sink python3 /run/sink.py`,
    )
    const relay = { host: 'localhost', port: 4465, tls: 'tls', user: 'me', password: 'pass "word\\#' }
    const mail = { to: 'admin@example.com', from: 'host@example.com', relay }
    const vars = { backup: '* * * * *', disk: '* * * * *', cleanup: 'never', restoreTest: 'never', mail }
    const told = await trueup(HOST, ['cron'], '--inventory', await inventoryWith(vars))
    expect(told.code, troubles(told)).toBe(0)
    expect(told.stdout).not.toContain('pass \\"word')
    expect(await on(HOST, 'stat -c %a /etc/msmtprc')).toBe('600\n')

    expect(await eventually(`cat ${MARK}`, 130)).toMatch(/^root\n/)
    expect(await eventually('grep -l "ended with 0" /var/log/moja-dzialka-backup.log', 20)).not.toBe('')
    const report = await eventually('grep -A 20 "^Subject:.* disk" /run/mails', 60)
    expect(report).toContain('Filesystem')
    expect(report).not.toContain('FAILED')

    await on(HOST, 'echo 7 >/run/code')
    const failure = await eventually('grep -A 20 "^Subject:.* backup FAILED (7)" /run/mails', 130)
    expect(failure).toContain('the backup says')
    expect(await on(HOST, `journalctl -q -u cron --no-pager | grep -iE 'error|bad (minute|command)|wrong' || :`)).toBe(
      '',
    )
  })
})
