# shellcheck shell=bash
# What every run of tests needs before its first test and after its last: a name, a folder, programs, and a Redis.

ENGINE_ANSWERS=''

# begin_run: a name, by which its containers are found, and a folder for its logs.
begin_run() {
  TMP=$(mktemp -d "${TMPDIR:-/tmp}/hubbub-test.XXXXXX")
  HUBBUB_RUN="${TMP##*.}-$$"
  export HUBBUB_RUN TESTCONTAINERS_RYUK_DISABLED=true
}

# prepare_programs: Node, and what is missing. Fails with what to do.
prepare_programs() {
  require_node || { advise 'install Node 20.19 or newer, with npm'; return 1; }
  say "node $(node --version), ${CI:+CI=$CI, }run $HUBBUB_RUN"
  install_missing
  install_modules
}

require_node() {
  have node && have npm && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 20 || (major === 20 && minor >= 19) ? 0 : 1);'
}

# build_if_stale: pods in processes of their own run what was built.
build_if_stale() {
  if [ -f dist/app/main.js ] && [ -z "$(find src -newer dist/app/main.js -print -quit)" ]; then return 0; fi
  say 'npm run build'
  logged build npm run build
}

prepare_engine() {
  if start_engine; then
    ENGINE_ANSWERS=1
  elif [ "${CI:-}" = true ]; then
    advise 'CI=true: tests must run in containers. Start a container engine, or run as root on Debian'
    return 1
  elif have redis-server; then
    say "no container engine: tests use redis-server $(version_of redis-server --version) from the PATH"
  else
    advise 'there is neither a container engine nor redis-server: install Docker, or Redis'
    return 1
  fi
}

# prepare_redis: in a container, or the one of the PATH. Fails with what to do.
prepare_redis() {
  prepare_engine || return 1
  if [ -n "${TEST_REDIS_IMAGE:-}" ]; then
    say "Redis: image $TEST_REDIS_IMAGE, as TEST_REDIS_IMAGE says"
  elif [ -n "$ENGINE_ANSWERS" ]; then
    choose_redis_image || return 1
    export TEST_REDIS_IMAGE=$IMAGE
    say "Redis: image $IMAGE"
  fi
}

# remove_left_containers: every test stops its own, so one that is still there is a fault.
remove_left_containers() {
  local left
  left=$(docker ps --all --quiet --filter "label=hubbub.run=$HUBBUB_RUN")
  [ -n "$left" ] || return 0
  # shellcheck disable=SC2086
  docker rm --force --volumes $left >/dev/null
  fail "containers were left behind: $(echo "$left" | wc -l)" 'a test started a Redis and did not stop it'
}
