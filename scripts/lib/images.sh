# shellcheck shell=bash
# Container images out of this machine's own programs, for where no image registry answers.
# A program is copied with the libraries it is linked to: enough to run it, and nothing else.

# libraries_of PROGRAM: the files that the loader would open for it; nothing for a static program.
libraries_of() {
  ldd "$1" 2>/dev/null | grep -oE '/[^ )]+' || true
}

# copy_program ROOT PROGRAM...: to the same path below ROOT, links followed.
copy_program() {
  local root=$1 name file
  shift
  for name in "$@"; do
    file=$(command -v "$name") || { echo "no program '$name' here to make an image of" >&2; return 1; }
    # shellcheck disable=SC2046
    cp -L --parents -t "$root" "$file" $(libraries_of "$file") || return 1
  done
}

# new_root: an empty folder with what every program expects to find.
new_root() {
  local root
  root=$(mktemp -d "$TMP/root.XXXXXX")
  mkdir -p "$root"/{etc,tmp,root,dev,proc,run}
  chmod 1777 "$root/tmp"
  printf 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\nnode:x:1000:\n' >"$root/etc/group"
  printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
  printf '%s\n' "$root"
}

# import_root ROOT TAG CHANGE...: makes an image of ROOT, with Dockerfile lines such as 'CMD ["x"]'.
import_root() {
  local root=$1 tag=$2 change options=() status=0
  shift 2
  for change in "$@"; do options+=(--change "$change"); done
  tar -C "$root" --numeric-owner -c . | docker import "${options[@]}" - "$tag" >/dev/null || status=1
  rm -rf "$root"
  return "$status"
}

readonly IMAGE_PATH='ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

# Redis as Debian packs it.
make_redis_image() {
  local root
  root=$(new_root)
  mkdir "$root/data"
  copy_program "$root" redis-server redis-cli || return 1
  import_root "$root" "$1" "$IMAGE_PATH" 'WORKDIR /data' 'EXPOSE 6379' \
    'CMD ["redis-server","--bind","0.0.0.0","--protected-mode","no"]'
}

# The proxy as Debian packs it.
make_proxy_image() {
  local root
  root=$(new_root)
  copy_program "$root" haproxy || return 1
  import_root "$root" "$1" "$IMAGE_PATH" \
    'CMD ["haproxy","-W","-db","-f","/usr/local/etc/haproxy/haproxy.cfg"]'
}

# Node, npm, and the few programs that `npm ci` and the Dockerfile call. npm's settings and the certificates come along,
# so that a build reaches the same package registry as this machine.
make_base_image() {
  local root npm_home certificates
  root=$(new_root)
  copy_program "$root" node sh env mkdir chown cp rm ls cat id || return 1
  npm_home=$(npm root --global 2>/dev/null)/npm
  mkdir -p "$root"/{bin,home/node,usr/local/bin,usr/local/lib/node_modules}
  cp -L "$(command -v sh)" "$root/bin/sh"
  chown 1000:1000 "$root/home/node"
  cp -RL "$npm_home" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  [ -e "$root/usr/local/bin/node" ] || ln -s "$(command -v node)" "$root/usr/local/bin/node"
  printf 'registry=%s\nomit-lockfile-registry-resolved=true\n' "$(npm config get registry 2>/dev/null)" >"$root/root/.npmrc"
  certificates=/etc/ssl/certs/ca-certificates.crt
  local changes=("$IMAGE_PATH" 'CMD ["node"]')
  if [ -f "$certificates" ]; then
    cp -L --parents -t "$root" "$certificates"
    changes+=("ENV NODE_EXTRA_CA_CERTS=$certificates")
  fi
  import_root "$root" "$1" "${changes[@]}"
}
