/** What is typed most, for --help. */
export const EXAMPLES = `
Examples:
  trueup --role all                          every role, in order, on every host
  trueup --role nginx,ufw --limit web1       just these roles, on just this host
  trueup --role all --dry-run                read only: exit code 2 when something would change
  trueup --role all --dry-run --out p.json   the same, saved
  trueup --plan p.json                       exactly what was saved, or nothing
  trueup --role all --serial 20% --max-fail 1   a fifth of the hosts at a time; no more after a second failure
  trueup --role all --shard 2/5 --report json=2.json   the second of five jobs; then: trueup merge-reports *.json
  trueup verify                              read only: the checklist after a deployment

Exit codes: 0 as wanted, 1 a task failed, 2 a dry run found something, 3 unreachable,
4 another run holds the host, 5 the saved plan is stale, 64 bad usage or inventory, 130 interrupted`

/** The same for exec --help. */
export const EXEC_EXAMPLES = `
Examples:
  trueup exec web1 -- systemctl is-active nginx
  trueup exec 'web*,!web3' -- 'df -h / | tail -n 1'    quoted, so that the shell here leaves * and | alone`

/** The same for merge-reports --help. */
export const MERGE_EXAMPLES = `
Examples:
  trueup --role all --shard 1/2 --report json=1.json
  trueup --role all --shard 2/2 --report json=2.json
  trueup merge-reports 1.json 2.json --report html=all.html --report junit=all.xml

It ends with the worst exit code of the runs, with 1 where a shard is missing, and with 64 where the reports do not fit.`

/** The same for verify --help. */
export const VERIFY_NOTES = `
Each check is ok, failed, or not to be judged from here (and says by whom). Exit codes: 0, 1 a check failed, 3 a host
could not be reached. What cannot be judged from here fails nothing. With --role just the checks of these roles.`
/** The same for secrets --help. */
export const SECRETS_EXAMPLES = `
Examples:
  trueup secrets init                                    make your key and an empty secrets.age
  trueup secrets set postgres_password                   asks for the value; the inventory says !secret postgres_password
  openssl rand -hex 24 | trueup secrets set api_token    or reads it from stdin
  trueup secrets edit                                    all of them in $EDITOR
  trueup secrets rotate                                  a new key; the old one does not open the file any more`
