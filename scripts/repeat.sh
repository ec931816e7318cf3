#!/usr/bin/env bash
# Runs a fault scenario several times in a row: scripts/repeat.sh <scenario> [<times>] [--anew]
#
# A scenario is a file of test/faults (outage), or a regular expression for the titles of tests ('killed for 10 s'). The
# number is 10 if it is left out. A call that was interrupted goes on where it stopped, if the code is the same: what
# the runs brought is kept in a file, which is named at the start. --anew forgets it. The last line is the sum.
#
# Exit code: 0 if all runs passed, 1 if one failed, 2 if there is no such scenario.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

FULL=''
for part in report debian images engine containers prepare; do
  # shellcheck source=/dev/null
  source "scripts/lib/$part.sh"
done

usage() { echo "$1; usage: scripts/repeat.sh <scenario> [<times>] [--anew]" >&2; exit 2; }

SCENARIO='' TIMES='' ANEW=''
for argument in "$@"; do
  if [ "$argument" = --anew ]; then ANEW=1
  elif [ -z "$SCENARIO" ]; then SCENARIO=$argument
  elif [ -z "$TIMES" ]; then TIMES=$argument
  else usage "unknown argument $argument"
  fi
done
[ -n "$SCENARIO" ] || usage 'no scenario'
TIMES=${TIMES:-10}
[[ $TIMES =~ ^[1-9][0-9]{0,3}$ ]] || usage "times: expected a number from 1 to 9999, got $TIMES"

# The long scenarios too, but each once a run.
export HUBBUB_FULL=1 HUBBUB_ROUNDS=1
TMP='' KEPT=''

# However it ends, nothing of it stays but the state, and the sum is the last line.
finish() {
  local status=$?
  trap - EXIT
  set +e
  if [ -n "$ENGINE_ANSWERS" ]; then
    remove_left_containers
    stop_engine
  fi
  rm -rf "$TMP"
  [ -z "$KEPT" ] || node scripts/lib/repeated.mjs sum "$SCENARIO" "$TIMES" "$KEPT/runs" || [ "$status" != 0 ] || status=1
  [ "$FAILED" = 0 ] || [ "$status" != 0 ] || status=1
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# code: a sum over all that a run depends on, and git knows of; runs of other code do not count.
code() {
  { git rev-parse HEAD; git diff HEAD; git ls-files --others --exclude-standard -z | xargs -0 -r cat --; } 2>/dev/null | cksum
}

# open_kept: the folder of this scenario, emptied if it tells of other code.
open_kept() {
  local folder code
  folder="${TMPDIR:-/tmp}/hubbub-repeat-$(id -u)/$(printf '%s %s' "$PWD" "$SCENARIO" | cksum | tr ' ' '-')"
  code=$(code)
  if [ -n "$ANEW" ]; then
    rm -rf "$folder"
  elif [ -e "$folder/code" ] && [ "$(cat "$folder/code")" != "$code" ]; then
    say 'the code has changed since the last call: starting over'
    rm -rf "$folder"
  fi
  mkdir -p "$folder"
  echo "$code" >"$folder/code"
  touch "$folder/runs"
  KEPT=$folder
  say "state: $KEPT/runs, $(done_runs) of $TIMES runs are done; --anew starts over"
}

done_runs() { wc -l <"$KEPT/runs" | tr -d ' '; }

# run_once NUMBER: it is written into the state once all of it is known, so an interrupted run does not count.
run_once() {
  local log="$KEPT/run-$1.log" report="$TMP/report-$1" figures
  mkdir "$report"
  HUBBUB_REPORTS="$report" npx vitest run --project faults "${ARGUMENTS[@]}" >"$log" 2>&1 || true
  if figures=$(node scripts/lib/repeated.mjs add "$report" "$log" "$KEPT/runs"); then
    rm "$log"
    say "run $1 of $TIMES: $figures"
  else
    say "run $1 of $TIMES FAILED: $figures"
    advise "$log"
  fi
}

begin_run
prepare_programs
mapfile -t ARGUMENTS < <(node scripts/lib/scenario.mjs "$SCENARIO")
[ "${#ARGUMENTS[@]}" -gt 0 ] || exit 2
prepare_redis
build_if_stale
open_kept
while [ "$(done_runs)" -lt "$TIMES" ]; do run_once "$(($(done_runs) + 1))"; done
