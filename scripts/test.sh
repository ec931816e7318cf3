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

TMP=$(mktemp -d "${TMPDIR:-/tmp}/hubbub-test.XXXXXX")
HUBBUB_RUN="${TMP##*.}-$$"
APP_IMAGE="hubbub:test-${HUBBUB_RUN,,}"
COMPOSE_PROJECT="hubbub-test-${HUBBUB_RUN,,}"
export HUBBUB_RUN TESTCONTAINERS_RYUK_DISABLED=true
[ -z "$FULL" ] || export HUBBUB_FULL=1
# The abuse suite tells how many hostile inputs it tried; fewer than this are a failure.
HUBBUB_ABUSE_LEAST=$([ -n "$FULL" ] && echo 1000000 || echo 10000)
export HUBBUB_ABUSE_LEAST

for part in report debian images engine containers advisories; do
  # shellcheck source=/dev/null
  source "scripts/lib/$part.sh"
done

ENGINE_ANSWERS=''
FINISHED=''

# However the run ends, nothing of it stays and the sum is the last line.
finish() {
  local status=$?
  trap - EXIT
  set +e
  [ -n "$FINISHED" ] || fail "the run ended early (exit code $status)" 'read the lines above'
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

# remove_left_containers: every test stops its own, so one that is still there is a fault.
remove_left_containers() {
  local left
  left=$(docker ps --all --quiet --filter "label=hubbub.run=$HUBBUB_RUN")
  [ -n "$left" ] || return 0
  # shellcheck disable=SC2086
  docker rm --force --volumes $left >/dev/null
  fail "containers were left behind: $(echo "$left" | wc -l)" 'a test started a Redis and did not stop it'
}

# remove_left_compose: of a run that was ended in the middle.
remove_left_compose() {
  [ -n "$(docker ps --all --quiet --filter "label=com.docker.compose.project=$COMPOSE_PROJECT")" ] || return 0
  COMPOSE_PROJECT_NAME=$COMPOSE_PROJECT compose down --volumes --timeout 5 >/dev/null 2>&1
}

require_node() {
  have node && have npm && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);'
}

prepare_redis() {
  if [ -n "${TEST_REDIS_IMAGE:-}" ]; then
    say "Redis: image $TEST_REDIS_IMAGE, as TEST_REDIS_IMAGE says"
  elif [ -n "$ENGINE_ANSWERS" ]; then
    choose_redis_image
    export TEST_REDIS_IMAGE=$IMAGE
    say "Redis: image $IMAGE"
  fi
}

container_checks() {
  if [ -z "$ENGINE_ANSWERS" ]; then
    [ -z "$FULL" ] || fail 'no container engine for the compose test' 'install Docker'
    say 'no container engine: Dockerfile and docker-compose.yml are not tried'
    return
  fi
  check 'docker-compose.yml is valid' 'see the lines above; if compose is missing: apt-get install docker-compose' \
    check_compose_files
  choose_base_image
  say "building the container image on $IMAGE"
  check 'the container image builds' 'see the lines above; alone: docker build .' build_app_image
  image_here "$APP_IMAGE" || return 0
  check 'a pod in a container is healthy, not root, chats and ends by itself' 'see the lines above' check_pod_container
  [ -z "$FULL" ] || check 'Redis, three pods and a proxy by docker-compose.yml' 'see the lines above' check_compose
}

require_node || { advise 'install Node 20.19 or newer, with npm'; exit 1; }
say "node $(node --version), ${CI:+CI=$CI, }run $HUBBUB_RUN"
install_missing
install_modules
if start_engine; then
  ENGINE_ANSWERS=1
elif [ "${CI:-}" = true ]; then
  advise 'CI=true: tests must run in containers. Start a container engine, or run as root on Debian'
  exit 1
elif have redis-server; then
  say "no container engine: tests use redis-server $(version_of redis-server --version) from the PATH"
else
  advise 'there is neither a container engine nor redis-server: install Docker, or Redis'
  exit 1
fi
prepare_redis

run_tests check npm run check
# It builds too, but only behind what may have failed; later tests run what was built.
[ "$FAILED" = 0 ] || check 'npm run build' 'see the lines above' npm run build
for suite in contract integration faults e2e abuse; do
  run_tests "$suite" npx vitest run --project "$suite"
done
container_checks
[ -z "$FULL" ] || check_advisories
FINISHED=1
