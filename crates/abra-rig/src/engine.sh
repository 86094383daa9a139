#!/bin/bash
# One private engine. `engine.sh janitor DIR HOST ROOT ARGS…` holds it and cleans up after it; it runs `engine.sh init …`
# as process 1 of the engine's namespaces. ROOT is the system that the engine comes from: / or a folder. Orders come line
# by line on standard input; when that ends, so does the engine.
set -u
role=$1 dir=$2 host=$3 root=$4
shift 4
engine_args=("$@")

janitor() {
  exec 9>>"$dir/alive"
  flock 9
  # Only the end of the pipe ends an engine. (A handler, unlike "ignore", is not passed on to children.)
  trap : HUP INT TERM
  unshare --net --uts --ipc --mount --pid --fork --kill-child --mount-proc --propagation private \
    bash "$0" init "$dir" "$host" "$root" "${engine_args[@]}"
  end_commands
  clean
}

# Whatever a command of `rig run` left running, also when `rig` was killed.
end_commands() {
  local file
  grep -lszxF "RIG_DIR=$dir" /proc/[0-9]*/environ | while read -r file; do
    file=${file%/environ}
    kill -KILL "${file##*/}" 2>/dev/null
  done
}

# Cgroups and mounts go a moment after the last process; both are named or held by the directory.
clean() {
  local try name=${dir##*/}
  for ((try = 0; try < 250; try++)); do
    find "/sys/fs/cgroup/$name" /sys/fs/cgroup/*/"$name" -depth -type d -exec rmdir {} + 2>/dev/null
    if ! compgen -G "/sys/fs/cgroup/$name" >/dev/null && ! compgen -G "/sys/fs/cgroup/*/$name" >/dev/null; then
      rm -rf --one-file-system "$dir" 2>/dev/null && return
    fi
    sleep 0.02
  done
}

init() {
  exec 9>&-
  ip link set lo up
  hostname "$host"
  # In a container the folder may be on overlayfs itself, which can't hold another one's layers: memory then.
  mkdir -p "$dir/data" "$dir/etc"
  if [ "$(stat -fc %T "$dir")" = overlayfs ]; then
    mount -t tmpfs tmpfs "$dir/data" && mount -t tmpfs tmpfs "$dir/etc" || exit 1
  fi
  # The machine's /run and /etc stay as they are: the engine sees its own. Its AppArmor too: an engine that saw it
  # would load a profile into the kernel.
  mount -t tmpfs -o mode=755 tmpfs /run || exit 1
  mkdir -p "$dir/etc/upper" "$dir/etc/work"
  mount -t overlay overlay -o "lowerdir=/etc,upperdir=$dir/etc/upper,workdir=$dir/etc/work" /etc || exit 1
  mkdir -p /etc/docker
  mount -t tmpfs tmpfs /etc/docker || exit 1
  [ ! -d /sys/kernel/security ] || mount -t tmpfs tmpfs /sys/kernel/security || exit 1
  [ "$root" = / ] || enter_root || exit 1
  # The name of a registry in it, if one is started there: engines remember for a while what this file said.
  echo 127.0.0.1 registry.coop.example >>"$root/etc/hosts"
  start
  local part line="" count=0
  while :; do
    if IFS= read -r -t 0.5 part; then
      line=$line$part
      obey "${line%% *}" "${line#* }"
      line=
      count=$((count + 1))
      echo "$count" >"$dir/done.new" && mv "$dir/done.new" "$dir/done"
    elif [ $? -le 128 ]; then
      break # the end of the pipe, not of the wait
    elif [ -n "$part" ]; then
      line=$line$part # time was up in the middle of a line
    elif [ -n "$engine" ] && ! kill -0 "$engine" 2>/dev/null; then
      break # it ended by itself
    fi
  done
}

# A view of the other system that can be written to, with this one's kernel and the engine's folder in their places.
enter_root() {
  local view=/run/root
  mkdir -p "$view" "$dir/etc/root-upper" "$dir/etc/root-work"
  mount -t overlay overlay -o "lowerdir=$root,upperdir=$dir/etc/root-upper,workdir=$dir/etc/root-work" "$view" &&
    mkdir -p "$view$dir" &&
    mount --rbind "$dir" "$view$dir" &&
    mount -t proc proc "$view/proc" &&
    mount --rbind /sys "$view/sys" &&
    mount --rbind /dev "$view/dev" &&
    mount -t tmpfs -o mode=755 tmpfs "$view/run" &&
    mkdir -p "$view/.machine" &&
    root=$view
}

obey() {
  case $1 in
    start) start ;;
    stop) end TERM ;;
    kill) end KILL ;;
    freeze) kill -STOP "$engine" ;;
    thaw) kill -CONT "$engine" ;;
    run) bash "$2" </dev/null >>"$dir/log" 2>&1 & ;;
  esac
}

start() {
  rm -f "$dir/pid"
  if [ "$root" = / ]; then
    dockerd "${engine_args[@]}" </dev/null >>"$dir/log" 2>&1 &
  else
    unshare --mount --propagation private bash "$0" other "$dir" "$host" "$root" "${engine_args[@]}" \
      </dev/null >>"$dir/log" 2>&1 &
  fi
  engine=$!
}

# Becomes the other system's engine. Its root must be the namespace's own, not that of a chroot: what enters a container
# later (docker exec, health checks) would find itself in the machine's root instead of the container's.
other() {
  cd "$root" && pivot_root . .machine || exit 1
  # shellcheck disable=SC2016
  exec sh -c 'umount -l /.machine && exec dockerd "$@"' dockerd "${engine_args[@]}"
}

end() {
  local ending=$engine
  engine=
  kill "-$1" "$ending" && wait "$ending"
}

"$role"
