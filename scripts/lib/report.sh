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

# run_suites NAME...: these projects of vitest in one run, whose tests are added to the sum. A project is a suite.
run_suites() {
  local reports="$TMP/reports" status=0 before=$FAILED suite passed failed
  local run=(npx vitest run)
  for suite in "$@"; do run+=(--project "$suite"); done
  mkdir -p "$reports"
  say "${run[*]}"
  HUBBUB_REPORTS="$reports" "${run[@]}" || status=$?
  while read -r suite passed failed; do
    PASSED=$((PASSED + passed))
    FAILED=$((FAILED + failed))
    if [ "$((passed + failed))" -eq 0 ]; then
      fail "$suite: no test ran (exit code $status)" 'read the lines above; a suite without tests is a failure'
    elif [ "$failed" -gt 0 ]; then
      say "FAILED: $suite, $failed of $((passed + failed)) tests"
      advise "again, alone: npx vitest run --project $suite (with TEST_REDIS_IMAGE=${TEST_REDIS_IMAGE:-unset})"
    else
      say "ok: $suite, $passed tests"
    fi
  done < <(node scripts/lib/tally.mjs "$reports" "$@")
  if [ "$status" -ne 0 ] && [ "$FAILED" = "$before" ]; then
    fail "exit code $status, though no test failed" "read the lines above, then: ${run[*]}"
  fi
}
