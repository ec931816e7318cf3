# shellcheck shell=bash
# Progress, checks, and the sum at the end.

PASSED=0
FAILED=0

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '[%3ds] %s\n' "$SECONDS" "$*"; }
# advise WHAT-TO-DO: under what went wrong.
advise() { printf '       -> %s\n' "$*"; }

fail() {
  FAILED=$((FAILED + 1))
  say "FAILED: $1"
  advise "$2"
}

# excerpt FILE: its beginning and its end; causes stand in either.
excerpt() {
  echo "       from $1:"
  awk -v total="$(wc -l <"$1")" 'NR <= 12 || NR > total - 30 { print "       | " $0 } NR == 13 && total > 42 { print "       | ..." }' "$1"
}

# logged NAME COMMAND...: its output goes to a file, which is shown if it fails.
logged() {
  local log="$TMP/$1.log"
  shift
  "$@" >"$log" 2>&1 && return
  excerpt "$log"
  return 1
}

# check NAME ADVICE COMMAND...: one test of the sum.
check() {
  local name=$1 advice=$2
  shift 2
  if logged "${name//[^a-zA-Z0-9]/-}" "$@"; then
    PASSED=$((PASSED + 1))
    say "ok: $name"
  else
    fail "$name" "$advice"
  fi
}

# run_tests NAME COMMAND...: a command that runs vitest, whose tests are added to the sum.
run_tests() {
  local name=$1 reports="$TMP/reports/$1" status=0 passed failed
  shift
  mkdir -p "$reports"
  say "$name: $*"
  HUBBUB_REPORTS="$reports" "$@" || status=$?
  read -r passed failed < <(node scripts/lib/tally.mjs "$reports") || true
  PASSED=$((PASSED + ${passed:-0}))
  FAILED=$((FAILED + ${failed:-0}))
  if [ "${passed:-0}" -eq 0 ] && [ "${failed:-0}" -eq 0 ]; then
    fail "$name: no test ran (exit code $status)" 'read the lines above; a suite without tests is a failure'
  elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
    fail "$name: exit code $status, though no test failed" "read the lines above, then: $*"
  elif [ "$failed" -gt 0 ]; then
    say "FAILED: $name, $failed of $((passed + failed)) tests"
    advise "again, alone: $* (with TEST_REDIS_IMAGE=${TEST_REDIS_IMAGE:-unset})"
  else
    say "ok: $name, $passed tests"
  fi
}
