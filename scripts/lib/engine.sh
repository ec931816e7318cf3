# shellcheck shell=bash
# A container engine: the one that answers, or a dockerd of our own. Root's runs that go on at the same time share it, and
# the last of them ends it: each holds the lock, shared, while it uses the engine.

readonly ENGINE=/run/hubbub-engine
DOCKERD_LOG=''

engine_answers() { have docker && timeout 10 docker info >/dev/null 2>&1; }
may_start_engine() { [ "$(id -u)" = 0 ] && [ -z "${DOCKER_HOST:-}" ] && have dockerd && have flock; }

start_engine() {
  if ! may_start_engine; then
    engine_answers || return 1
    say 'container engine: one is running'
    return 0
  fi
  exec 9>"$ENGINE.lock"
  flock -s 9
  if ! engine_answers; then
    # Only one launches it, and waits for nobody who uses it: there is none to use.
    flock -u 9
    flock 9
    engine_answers || launch_dockerd || { exec 9>&-; return 1; }
    flock -s 9
  else
    say 'container engine: one is running'
  fi
}

# launch_dockerd: plainly; then without what its log says this machine lacks.
launch_dockerd() {
  local flags=() attempt pid
  DOCKERD_LOG="$TMP/dockerd.log"
  for attempt in 1 2 3; do
    setsid dockerd "${flags[@]}" >"$DOCKERD_LOG" 2>&1 </dev/null 9>&- &
    pid=$!
    if await_engine "$pid"; then
      echo "$pid" >"$ENGINE.pid"
      say "container engine: started dockerd ${flags[*]}"
      return 0
    fi
    end_process "$pid"
    if grep -qiE 'iptables|nf_tables|bridge' <(grep -iE 'failed|error' "$DOCKERD_LOG") && [[ "${flags[*]}" != *iptables* ]]; then
      flags+=(--iptables=false --ip6tables=false)
    elif [[ "${flags[*]}" != *storage* ]]; then
      flags+=(--storage-driver=vfs)
    else
      break
    fi
    say "dockerd did not start at attempt $attempt; trying with ${flags[*]}"
  done
  excerpt "$DOCKERD_LOG"
  return 1
}

await_engine() {
  for _ in $(seq 200); do
    engine_answers && return
    kill -0 "$1" 2>/dev/null || return 1
    sleep 0.3
  done
  return 1
}

end_process() {
  kill "$1" 2>/dev/null || return 0
  for _ in $(seq 100); do
    kill -0 "$1" 2>/dev/null || return 0
    sleep 0.2
  done
  kill -KILL "$1" 2>/dev/null || true
}

stop_engine() {
  local pid
  # Fails where others hold the lock, and where this run holds none.
  flock -n 9 2>/dev/null || return 0
  [ -s "$ENGINE.pid" ] || return 0
  pid=$(cat "$ENGINE.pid")
  rm -f "$ENGINE.pid"
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] || return 0
  say 'stopping the dockerd that was started for the tests'
  end_process "$pid"
}
