# shellcheck shell=bash
# The container image and the compose file, tried for real.

compose() { if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi; }
image_here() { docker image inspect "$1" >/dev/null 2>&1; }

# choose_image PUBLIC LOCAL MAKER: sets IMAGE to the public one where it is here or can be pulled, else to one made here.
# A local tag tells the program's version and this script's, so that neither goes stale.
choose_image() {
  local public=$1 own
  own="hubbub-$2-$(cksum <scripts/lib/images.sh | cut -d' ' -f1)"
  if image_here "$public"; then
    IMAGE=$public
  elif image_here "$own"; then
    IMAGE=$own
  elif timeout 120 docker pull -q "$public" >"$TMP/pull.log" 2>&1; then
    IMAGE=$public
  else
    say "no registry gives $public: making $own out of this machine's programs"
    logged "make-${own//[^a-zA-Z0-9]/-}" "$3" "$own" || return 1
    IMAGE=$own
  fi
}

version_of() { "$@" 2>/dev/null | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -n 1; }
choose_redis_image() { choose_image redis:7.4-alpine "redis:$(version_of redis-server --version)" make_redis_image; }
choose_proxy_image() { choose_image haproxy:3.0-alpine "proxy:$(version_of haproxy -v)" make_proxy_image; }
choose_base_image() { choose_image node:20-bookworm-slim "base:$(version_of node --version)" make_base_image; }

# A local base reaches the package registry as this machine does: through its network.
build_app_image() {
  local options=()
  [[ "$IMAGE" != hubbub-* ]] || options+=(--network host)
  docker buildx version >/dev/null 2>&1 || export DOCKER_BUILDKIT=0
  docker build "${options[@]}" --build-arg "BASE_IMAGE=$IMAGE" --tag "$APP_IMAGE" .
}

IMAGE_BUILD=''

# start_image_build: beside the tests, as most of it waits for the package registry.
start_image_build() {
  say 'building the container image beside the tests'
  # A process group of its own, so that it can be ended with all that it started.
  set -m
  (choose_base_image && echo "on $IMAGE" && build_app_image) >"$TMP/image-build.log" 2>&1 9>&- &
  IMAGE_BUILD=$!
  set +m
}

# await_image_build: its exit code, and what it printed.
await_image_build() {
  local status=0
  wait "$IMAGE_BUILD" || status=$?
  IMAGE_BUILD=''
  cat "$TMP/image-build.log"
  return "$status"
}

end_image_build() {
  [ -z "$IMAGE_BUILD" ] || kill -- "-$IMAGE_BUILD" 2>/dev/null || true
}

check_compose_files() {
  local found=0
  export HUBBUB_PORT=0
  if docker compose version >/dev/null 2>&1; then docker compose config && found=1; fi
  if have docker-compose; then docker-compose config && found=1; fi
  [ "$found" = 1 ] || { echo 'neither docker compose nor docker-compose is here'; return 1; }
}

# until_healthy CONTAINER: by the image's own health check.
until_healthy() {
  local status
  for _ in $(seq 100); do
    status=$(docker inspect --format '{{.State.Health.Status}}' "$1")
    [ "$status" != healthy ] || return 0
    sleep 0.3
  done
  echo "the container is $status, not healthy"
  return 1
}

# One pod alone in a container: healthy, no root, chats, ends by itself.
check_pod_container() {
  local pod
  pod=$(docker run --detach --label "hubbub.run=$HUBBUB_RUN" --health-interval 1s --env DRAIN_MS=1000 \
    --publish 127.0.0.1::8001 "$APP_IMAGE") || return 1
  if chat_with_pod "$pod"; then
    docker rm --force "$pod"
  else
    docker logs "$pod"
    docker rm --force "$pod"
    return 1
  fi
}

chat_with_pod() {
  local pod=$1 port uid code
  until_healthy "$pod" || return 1
  uid=$(docker exec "$pod" node -p 'process.getuid()') || return 1
  [ "$uid" != 0 ] || { echo 'it runs as root'; return 1; }
  port=$(docker port "$pod" 8001/tcp | head -n 1 | sed 's/.*://')
  node scripts/compose-e2e.mjs "127.0.0.1:$port" "127.0.0.1:$port" || return 1
  docker stop --time 15 "$pod" || return 1
  code=$(docker inspect --format '{{.State.ExitCode}}' "$pod")
  [ "$code" = 0 ] || { echo "it ended with exit code $code at SIGTERM, not 0"; return 1; }
}

# Redis, three pods and the proxy by docker-compose.yml.
check_compose() {
  local status=0
  choose_proxy_image || return 1
  export PROXY_IMAGE=$IMAGE REDIS_IMAGE=$TEST_REDIS_IMAGE HUBBUB_IMAGE=$APP_IMAGE COMPOSE_PROJECT_NAME=$COMPOSE_PROJECT
  export HUBBUB_PORT=0 CHAT_1_PORT=0 CHAT_2_PORT=0 CHAT_3_PORT=0 DRAIN_MS=2000
  compose up --detach --no-build && chat_with_compose || status=1
  [ "$status" = 0 ] || compose logs --no-color --tail 40 || true
  compose down --volumes --timeout 20 || status=1
  return "$status"
}

chat_with_compose() {
  local one two proxy code
  one=$(address_of chat-1) && two=$(address_of chat-2) && proxy=$(address_of proxy) || return 1
  echo "chat-1 $one, chat-2 $two, proxy $proxy"
  node scripts/compose-e2e.mjs "$one" "$two" "$proxy" || return 1
  compose stop --timeout 20 chat-1 || return 1
  code=$(docker inspect --format '{{.State.ExitCode}}' "$(compose ps --all --quiet chat-1)")
  [ "$code" = 0 ] || { echo "chat-1 ended with exit code $code at SIGTERM, not 0"; return 1; }
  node scripts/compose-e2e.mjs "$two" "$proxy" "$proxy" "$proxy"
}

address_of() { compose port "$1" 8001 | sed 's/^0\.0\.0\.0:/127.0.0.1:/'; }
