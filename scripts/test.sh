#!/usr/bin/env bash
# Runs every test there is, against real parts: scripts/test.sh [--full]
#
# As root on Debian it installs what is missing (a container engine, Redis, Docker Compose) and starts what is not
# running. Elsewhere it uses what is there and says what is not. The last line is the sum: "N passed, N failed".
#
#   --full   the long tests too, a million hostile inputs, Redis, three pods and a proxy by docker-compose.yml, and what is
#            known against the packages
#
# CI=true: tests must run in containers. TEST_REDIS_IMAGE: the image of Redis to use.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

FULL=''
for argument in "$@"; do
  case $argument in
    --full) FULL=1 ;;
    *) echo "unknown argument $argument; usage: scripts/test.sh [--full]" >&2; exit 2 ;;
  esac
done

for part in report debian images engine containers advisories prepare; do
  # shellcheck source=/dev/null
  source "scripts/lib/$part.sh"
done

begin_run
APP_IMAGE="hubbub:test-${HUBBUB_RUN,,}"
COMPOSE_PROJECT="hubbub-test-${HUBBUB_RUN,,}"
[ -z "$FULL" ] || export HUBBUB_FULL=1
# The abuse suite tells how many hostile inputs it tried; fewer than this are a failure.
HUBBUB_ABUSE_LEAST=$([ -n "$FULL" ] && echo 1000000 || echo 10000)
export HUBBUB_ABUSE_LEAST

FINISHED=''

# However the run ends, nothing of it stays and the sum is the last line.
finish() {
  local status=$?
  trap - EXIT
  set +e
  [ -n "$FINISHED" ] || fail "the run ended early (exit code $status)" 'read the lines above'
  end_image_build
  if [ -n "$ENGINE_ANSWERS" ]; then
    remove_left_containers
    [ -z "$FULL" ] || remove_left_compose
    docker rmi --no-prune "$APP_IMAGE" >/dev/null 2>&1
    stop_engine
  fi
  [ "$((PASSED + FAILED))" -gt 0 ] || fail 'no test ran' 'read the lines above'
  if [ "$FAILED" = 0 ]; then rm -rf "$TMP"; else say "logs: $TMP"; fi
  echo "$PASSED passed, $FAILED failed"
  exit $((FAILED > 0))
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# remove_left_compose: of a run that was ended in the middle.
remove_left_compose() {
  [ -n "$(docker ps --all --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT")" ] || return 0
  COMPOSE_PROJECT_NAME=$COMPOSE_PROJECT compose down --volumes --timeout 5 >/dev/null 2>&1
}

container_checks() {
  if [ -z "$ENGINE_ANSWERS" ]; then
    [ -z "$FULL" ] || fail 'no container engine for the compose test' 'install Docker'
    say 'no container engine: Dockerfile and docker-compose.yml are not tried'
    return
  fi
  check 'docker-compose.yml is valid' 'see the lines above; if compose is missing: apt-get install docker-compose' \
    check_compose_files
  check 'the container image builds' 'see the lines above; alone: docker build .' await_image_build
  image_here "$APP_IMAGE" || return 0
  check 'a pod in a container is healthy, not root, chats and ends by itself' 'see the lines above' check_pod_container
  [ -z "$FULL" ] || check 'Redis, three pods and a proxy by docker-compose.yml' 'see the lines above' check_compose
}

prepare_programs
prepare_redis
[ -z "$ENGINE_ANSWERS" ] || start_image_build
check 'npm run static' 'see the lines above; npm run static tells more' npm run static
# It builds too, but only behind what may have failed; later tests run what was built.
[ "$FAILED" = 0 ] || check 'npm run build' 'see the lines above' npm run build
run_suites faults abuse integration e2e contract unit siege
container_checks
[ -z "$FULL" ] || check_advisories
FINISHED=1
