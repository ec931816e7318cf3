# shellcheck shell=bash
# Installs what is missing, where that is possible: as root on Debian and its kin.

has_compose() { docker compose version >/dev/null 2>&1 || have docker-compose; }

# missing_packages: one a line.
missing_packages() {
  have dockerd || docker info >/dev/null 2>&1 || echo docker.io
  have redis-server || echo redis-server
  has_compose || echo docker-compose
  [ -x /usr/bin/chromium ] || ! grep -rqs playwright-core test || echo chromium
  ! grep -rqs websockets-peer test || /usr/bin/python3 -c 'import websockets' 2>/dev/null || echo python3-websockets
  [ -z "$FULL" ] || have haproxy || echo haproxy
}

install_missing() {
  local packages
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ] || ! have apt-get; then
    say "not here, and not installed (that takes root on Debian): ${packages[*]}"
    return 0
  fi
  say "installing ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  logged apt-update apt-get -q update || { advise 'check the network and /etc/apt'; return 1; }
  # Newer Debians have the client in a package of its own.
  if [[ " ${packages[*]} " = *' docker.io '* ]] && ! have docker && apt-cache show docker-cli >/dev/null 2>&1; then
    packages+=(docker-cli)
  fi
  logged apt-install apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 install "${packages[@]}" ||
    { advise "install by hand: apt-get install ${packages[*]}"; return 1; }
}

# install_modules: `npm ci`, unless what is installed is as new as the lock file.
install_modules() {
  if [ node_modules/.package-lock.json -nt package-lock.json ]; then return 0; fi
  say 'npm ci'
  logged npm-ci npm ci --no-audit --no-fund || 
    { advise 'see the lines above; if the lock file misses packages: node scripts/complete-lock.mjs'; return 1; }
  touch node_modules/.package-lock.json
}
