#!/usr/bin/env bash
# Builds a commit of the application and puts it in place; where it does not become healthy, the one before stays.
HERE=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$HERE/lib.sh"

usage() {
  cat <<EOT
Usage: deploy.sh [REF]

Fetches the application, builds the images of one commit and brings them up. REF is a branch, a tag or a commit; the
branch of the settings unless given. The commit that runs is in .ref; its predecessor's images are kept, so that
deploying it again takes seconds.

  -h, --help   this text
EOT
}

REF=
for option; do
  case $option in
  -h | --help) usage && exit ;;
  -*) misused "unknown: $option" ;;
  *)
    [[ -z "$REF" ]] || misused 'one commit, please'
    REF=$option
    ;;
  esac
done

settings
needs docker git curl flock
# What is checked out here is copied into images, whose programs are not root.
umask 022
lock operations
APPLICATION=(backend celery-worker frontend)
REF=${REF:-$BRANCH}
PREVIOUS=
[[ ! -e .ref ]] || read -r PREVIOUS <.ref
COMMIT=

git_src() { git -C "$DIR/src" "$@" </dev/null; }

put() {
  local temporary
  temporary=$(mktemp "$DIR/.put.XXXXXX")
  printf '%s\n' "$2" >"$temporary"
  chmod 0644 "$temporary"
  mv -f -- "$temporary" "$1"
}

up() { APP_REF=$1 compose up -d --no-deps --wait --wait-timeout "$WAIT" "${APPLICATION[@]}" </dev/null; }

answers() {
  curl -fsS -m 10 --retry 5 --retry-delay 2 --retry-connrefused -o /dev/null "http://127.0.0.1:$1" ||
    { say "http://127.0.0.1:$1 does not answer as it should" >&2 && return 1; }
}

# What is not up and healthy, with the last that it said.
troubles() {
  local service state health
  while IFS='|' read -r service state health; do
    [[ "$state" != running || -n "${health#healthy}" ]] || continue
    printf '\n%s is %s %s; its last lines:\n' "$service" "$state" "$health" >&2
    APP_REF=$COMMIT compose logs --no-log-prefix --tail 30 "$service" </dev/null >&2 || :
  done < <(APP_REF=$COMMIT compose ps -a --format '{{.Service}}|{{.State}}|{{.Health}}' "${APPLICATION[@]}" </dev/null)
}

finish() {
  local code=$?
  trap - EXIT ERR
  trap '' INT TERM HUP
  set +e
  if ((code != 0)) && [[ -n "$COMMIT" ]]; then
    say "deploying $COMMIT FAILED ($code)" >&2
    if [[ -n "$UP" ]]; then
      troubles
      if [[ -z "$PREVIOUS" ]]; then
        say 'there is none before it to go back to' >&2
      elif say "going back to $PREVIOUS" && up "$PREVIOUS"; then
        say "$PREVIOUS runs again" >&2
      else
        say "$PREVIOUS DID NOT COME BACK, either" >&2
      fi
    fi
    [[ -z "$PREVIOUS" ]] || git_src checkout -q --detach "$PREVIOUS"
  fi
  exit "$code"
}
UP=

[[ -z "$(git_src status --porcelain --untracked-files=no)" ]] ||
  die "refused: $DIR/src has changes made by hand, which would be lost (git -C $DIR/src status)"
say "fetching $REF"
git_src fetch -q --prune --tags origin
for name in "refs/remotes/origin/$REF" "refs/tags/$REF" "$REF"; do
  COMMIT=$(git_src rev-parse -q --verify --end-of-options "$name^{commit}") && break
done 2>/dev/null || :
[[ "$COMMIT" =~ ^[0-9a-f]{40}$ ]] || { COMMIT='' && die "the repository has no $REF"; }
trap finish EXIT

say "building $COMMIT"
git_src checkout -q --detach "$COMMIT"
APP_REF=$COMMIT compose build backend frontend </dev/null

say 'bringing it up'
UP=yes
up "$COMMIT"
answers 8000/health
answers 3000/

put .ref.env "APP_REF=$COMMIT"
put .ref "$COMMIT"
UP=
metrics deploy "last_success_timestamp_seconds $(date +%s)" "info{ref=\"$COMMIT\"} 1"

# ---- images of other commits, but for the one before
for image in "$PROJECT-backend" "$PROJECT-frontend"; do
  docker image ls --format '{{.Tag}}' "$image" </dev/null | while read -r tag; do
    [[ "$tag" == "$COMMIT" || "$tag" == "$PREVIOUS" || ! "$tag" =~ ^[0-9a-f]{40}$ ]] ||
      docker image rm "$image:$tag" </dev/null >/dev/null || :
  done
done
say "$COMMIT is deployed"
compose ps </dev/null
