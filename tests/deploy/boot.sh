#!/usr/bin/env bash
# The README's install section, done for real: three Debian 12 machines boot, install the package with apt, enrol,
# read spreadsheets, lose power, lose the link, are upgraded, rebooted, removed and purged.
#
#   tests/deploy/boot.sh --can     says whether this machine allows it, and why not
#   tests/deploy/boot.sh           runs it; about three minutes once the base system is there
#   tests/deploy/boot.sh --keep    leaves the three machines running to look at
#
# Needs root and Debian's debootstrap and systemd-container, which it installs. Machines are systemd-nspawn containers
# with their own systemd, wired as in life: village -- township -- county, and no way past the township.
#   ROSTERD_DEPLOY_DIR       where base system and machines lie (default /var/tmp/rosterd-deploy; base is kept)
#   ROSTERD_DEPLOY_PROFILE   cargo profile of the package (default dev, already built by the tests)
set -Eeuo pipefail
trap 'echo "boot.sh: line $LINENO failed: $BASH_COMMAND" >&2' ERR
cd "$(dirname "$0")/../.."

work=${ROSTERD_DEPLOY_DIR:-/var/tmp/rosterd-deploy}
base=$work/base
# Two runs in two folders do not meet.
tag=$(basename "$work")
profile=${ROSTERD_DEPLOY_PROFILE:-dev}
exports=tests/fixtures/county/exports
packages=systemd,systemd-sysv,dbus,libgcc-s1,libssl3
wait_secs=240
# Somebody of the village's population register.
canary=$(sed -n '20s/^\([^,]*,\)\{3\}\([^,]*\),.*/\2/p' $exports/2026-01/519901001200/population.csv)
keep=0

# What this machine lacks, or nothing.
lacks() {
  [ "$(uname -s)" = Linux ] || { echo "not Linux"; return; }
  [ "$(id -u)" = 0 ] || { echo "not root"; return; }
  command -v apt-get >/dev/null || { echo "no apt-get"; return; }
  unshare --mount --net --pid --fork true 2>/dev/null || { echo "no namespaces here"; return; }
}

can() {
  local why
  why=$(lacks)
  [ -z "$why" ] || { echo "tests/deploy/boot.sh cannot run: $why"; return 1; }
}

say() { echo "-- $*"; }
die() { echo "boot.sh: $*" >&2; exit 1; }

install_tools() {
  local missing=()
  command -v debootstrap >/dev/null || missing+=(debootstrap)
  command -v systemd-nspawn >/dev/null || missing+=(systemd-container)
  command -v ip >/dev/null || missing+=(iproute2)
  command -v nsenter >/dev/null || missing+=(util-linux)
  [ ${#missing[@]} = 0 ] && return
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

make_base() {
  [ "$(cat "$base/.complete" 2>/dev/null)" = "$packages" ] && return
  say "a base system of Debian 12"
  rm -rf "$base"
  mkdir -p "$work"
  debootstrap --variant=minbase --include=$packages bookworm "$base" >"$work/debootstrap.log" 2>&1 ||
    { tail -n 20 "$work/debootstrap.log" >&2; die "debootstrap failed"; }
  echo "$packages" >"$base/.complete"
}

machines=(county township village)
declare -A area=([county]=519901 [township]=519901001 [village]=519901001200)
declare -A name=([county]=云岭县 [township]=第1乡 [village]=200村)
declare -A parent=([township]=county [village]=township)
# The address under which the nodes below reach a machine.
declare -A address=([county]=10.77.1.1 [township]=10.77.2.1)

network() {
  local m
  for m in "${machines[@]}"; do
    ip netns add "$tag-$m"
    ip -n "$tag-$m" link set lo up
  done
  wire county 10.77.1.1/30 township 10.77.1.2/30
  wire township 10.77.2.1/30 village 10.77.2.2/30
}

# wire UPPER ADDRESS LOWER ADDRESS: the interfaces are named after the machine at the other end.
wire() {
  ip -n "$tag-$1" link add "to-$3" type veth peer name "to-$1" netns "$tag-$3"
  ip -n "$tag-$1" addr add "$2" dev "to-$3"
  ip -n "$tag-$3" addr add "$4" dev "to-$1"
  ip -n "$tag-$1" link set "to-$3" up
  ip -n "$tag-$3" link set "to-$1" up
}

boot() { # boot MACHINE
  local m=$1 root=$work/$1
  mkdir -p "$root/upper" "$root/work" "$root/system"
  mount -t overlay overlay -o "lowerdir=$base,upperdir=$root/upper,workdir=$root/work" "$root/system"
  printf '%s\n' "$m" >"$root/system/etc/hostname"
  power "$m" >"$root/console.log" 2>&1 &
  booted "$m"
}

# Runs a machine until it is switched off. 133 is how nspawn says that its system asked for a reboot.
power() { # power MACHINE
  local root=$work/$1 status=133
  while [ $status = 133 ]; do
    systemd-nspawn --quiet --boot --keep-unit --register=no --link-journal=no --machine="$tag-$1" --console=passive \
      --directory="$root/system" --network-namespace-path="/run/netns/$tag-$1" </dev/null &
    echo $! >"$root/pid"
    status=0
    wait $! || status=$?
  done
}

# The machine's own init, which changes with a reboot. Nothing while there is none.
leader() { pgrep -P "$(cat "$work/$1/pid")" | head -n 1; }

on() { # on MACHINE COMMAND…
  local init
  init=$(leader "$1") || return 1
  shift
  nsenter --target "$init" --mount --uts --ipc --net --pid --cgroup -- \
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

eventually() { # eventually SECONDS WHAT COMMAND…
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $until ] || { "$@" || true; die "$what: not after waiting"; }
    sleep 0.5
  done
}

# A container may be 'degraded' for units that have nothing to do there, such as a console.
is_up() { [[ $(on "$1" systemctl is-system-running --wait) =~ ^(running|degraded)$ ]]; }

booted() { eventually 60 "$1 boots" is_up "$1"; }

install() { # install MACHINE DEB
  cp "$2" "$work/$1/system/root/rosterd.deb"
  on "$1" apt-get install -y -qq --no-install-recommends /root/rosterd.deb >"$work/$1/apt.log" 2>&1 ||
    { cat "$work/$1/apt.log" >&2; die "$1: apt-get install"; }
}

# What the README says to do after installing: one command, and the service runs and is enrolled.
settle_in() { # settle_in MACHINE
  local m=$1 flags=(--area "${area[$1]}" --name "${name[$1]}" --service yes) code
  [ -z "${address[$m]:-}" ] || flags+=(--listen "${address[$m]}:7443")
  if [ -n "${parent[$m]:-}" ]; then
    code=$(on "${parent[$m]}" rosterd invite --area "${area[$m]}" | tail -n 1)
    flags+=(--code "$code")
  fi
  if [ "$m" = village ]; then
    # A clerk at the terminal: every question answered by hand, one wrongly first, the usual by Enter.
    printf '%s\n' 51990 "${area[$m]}" "${name[$m]}" '' '' "$code" y >"$work/$m/system/root/answers"
    on "$m" script -qec 'rosterd setup' /dev/null <"$work/$m/system/root/answers" || die "$m: rosterd setup by hand"
  else
    on "$m" rosterd setup "${flags[@]}" </dev/null || die "$m: rosterd setup"
  fi
  on "$m" systemctl is-active --quiet rosterd || die "$m: rosterd does not run"
}

# The township keeps its key sealed to its computer, as README says: nothing on the disk alone opens the store.
seal_key() { # seal_key MACHINE
  local m=$1
  on "$m" mkdir -p /etc/credstore.encrypted /etc/systemd/system/rosterd.service.d
  on "$m" systemd-creds encrypt --with-key=host --name=rosterd.store.key /etc/rosterd/store.key \
    /etc/credstore.encrypted/rosterd.store.key
  printf '[Service]\nLoadCredentialEncrypted=rosterd.store.key:/etc/credstore.encrypted/rosterd.store.key\n' \
    >"$work/$m/system/etc/systemd/system/rosterd.service.d/key.conf"
  on "$m" rm /etc/rosterd/store.key
  on "$m" sed -i 's/^key_file = /# key_file = /' /etc/rosterd/rosterd.toml
  on "$m" systemctl daemon-reload
  on "$m" systemctl restart rosterd
}

# Nobody stands in any file of the data folder, and the store says to nobody what it is.
nobody_at_rest() { # nobody_at_rest MACHINE
  local data=$work/$1/system/var/lib/rosterd/data
  [ -s "$data/rosterd.db" ] || die "$1: no store to look into"
  [ "$(head -c 15 "$data/rosterd.db" | tr -d '\0')" != "SQLite format 3" ] || die "$1: the store is plain"
  ! grep -rqaE '5199[0-9]{13}[0-9X]' "$data" || die "$1: a whole number in $(grep -rlaE '5199[0-9]{13}[0-9X]' "$data")"
  ! grep -rqaF "$canary" "$data" || die "$1: a name in $(grep -rlaF "$canary" "$data")"
}

drop() { # drop MONTH MACHINE FOLDER…: an office saves its files into the inbox
  local month=$1 m=$2 folder
  shift 2
  for folder in "$@"; do
    mkdir -p "$work/$m/system/var/lib/rosterd/inbox/$folder"
    cp $exports/"$month"/"$folder"/* "$work/$m/system/var/lib/rosterd/inbox/$folder/"
  done
  on "$m" chown -R rosterd:rosterd /var/lib/rosterd/inbox
  on "$m" chmod -R g+rwX /var/lib/rosterd/inbox
}

settled() { # settled MACHINE
  local said
  said=$(on "$1" rosterd status --wait $wait_secs 2>&1) || die "$1 did not settle: $said"
}

findings() { on "$1" rosterd findings --json | wc -l; }

all_settled() { settled village; settled township; settled county; settled township; settled village; }

teardown() {
  [ $keep = 1 ] && { say "kept: nsenter --target PID --all, PIDs in $work/*/pid"; return; }
  local m
  for m in "${machines[@]}"; do
    if [ -e "$work/$m/pid" ]; then
      kill "$(cat "$work/$m/pid")" 2>/dev/null || true
      eventually 30 "$m goes off" sh -c "! kill -0 $(cat "$work/$m/pid")"
    fi
    umount "$work/$m/system" 2>/dev/null || umount --lazy "$work/$m/system" 2>/dev/null || true
    rm -rf "${work:?}/$m"
    ip netns delete "$tag-$m" 2>/dev/null || true
  done
}

failed() {
  local m
  for m in "${machines[@]}"; do
    echo "== journal of $m" >&2
    on "$m" journalctl --no-pager --lines 25 --unit rosterd >&2 2>/dev/null || tail -n 10 "$work/$m/console.log" >&2 || true
  done
}

shows() { # shows MACHINE PATTERN: the line that systemctl status prints
  on "$1" systemctl show rosterd --property StatusText | grep -qE "$2"
}

# The same content under a newer version, as tomorrow's package would come.
newer_version() { # newer_version DEB OUT
  local tree=$work/next
  rm -rf "$tree"
  dpkg-deb --raw-extract "$1" "$tree"
  sed -i 's/^Version: .*/&+next/' "$tree/DEBIAN/control"
  dpkg-deb --build -Zgzip -z1 "$tree" "$2" >/dev/null
  rm -rf "$tree"
}

story() {
  local m deb next before
  say "packages: this version and the next"
  deb=$(deploy/package.sh --profile "$profile")
  cp "$deb" "$work/rosterd.deb"
  next=$work/rosterd-next.deb
  newer_version "$work/rosterd.deb" "$next"

  say "three machines boot and install"
  network
  for m in "${machines[@]}"; do
    boot "$m"
    install "$m" "$work/rosterd.deb"
    on "$m" systemctl is-enabled --quiet rosterd || die "$m: not enabled"
    on "$m" systemctl is-active --quiet rosterd && die "$m: runs before it knows who it is"
    on "$m" systemctl is-active --quiet rosterd-backup.timer || die "$m: no nightly backup"
  done
  for m in rosterd rosterd-backup; do
    on county systemd-analyze security "$m" --no-pager --threshold=15 | tail -n 1
  done
  for m in "${machines[@]}"; do settle_in "$m"; done
  seal_key township
  eventually 60 "township with its sealed key" on township rosterd status

  say "offices drop their files of 2026-01"
  drop 2026-01 village 519901001200
  drop 2026-01 township 519901001201 519901001202
  drop 2026-01 county 519901 519901002200 519901002201 519901002202
  all_settled
  before=$(findings county)
  [ "$before" -gt 100 ] || die "the county sees only $before findings"
  say "the county sees $before findings; its mismatch log:"
  on county sh -c 'ls /var/lib/rosterd/data/log/ && tail -n 3 /var/lib/rosterd/data/log/*.txt'
  # The line is said anew with every beat of the watchdog.
  eventually 60 "county says how it is" shows county '[1-9][0-9]* files, backlog 0, no parent'
  eventually 60 "village says how it is" shows village '[1-9][0-9]* files, backlog 0, parent [0-9]+ s ago'
  ! grep -rqE '5199(0|2)[0-9]{13}' "$work/county/system/var/lib/rosterd/data/log" || die "a whole number in a log"

  for m in "${machines[@]}"; do nobody_at_rest "$m"; done
  on county stat -c '%a %U' /etc/rosterd/store.key | grep -qx '600 rosterd' || die "the county's key is not its own"
  say "$canary and all the others: not in any file of the three stores"

  say "the township's daemon is killed and comes back by itself"
  on township systemctl kill --kill-whom=main --signal=KILL rosterd
  eventually 60 "township restarts" on township rosterd status
  [ "$(on township systemctl show --property NRestarts --value rosterd)" -ge 1 ] || die "no restart counted"

  say "the village is cut off, works on, and catches up"
  ip -n "$tag-village" link set to-township down
  drop 2026-02 village 519901001200
  sleep 5
  on village rosterd status >/dev/null || die "a village without a link does not answer"
  ip -n "$tag-village" link set to-township up
  all_settled
  [ "$(findings county)" != 0 ] || die "the county lost its findings"

  say "the village changes its key"
  on village systemctl stop rosterd
  on village mv /etc/rosterd/store.key /root/old.key
  on village rosterd rekey --old-key /root/old.key
  on village systemctl start rosterd
  eventually 60 "village under its new key" on village rosterd status
  nobody_at_rest village
  say "a nightly backup; files anywhere, by root's hand"
  on county systemctl start rosterd-backup.service || die "the nightly backup"
  on county sh -c 'ls /var/lib/rosterd/backup/rosterd-*.db' || die "no backup"
  on county rosterd status --json | grep -q '"backup":{"error":null,"failed":null' || die "status knows of no backup"
  on county rosterd backup /root/county.db || die "backup outside the service's folder"
  cp $exports/2026-02/519901001200/population.csv "$work/village/system/root/"
  chmod 0600 "$work/village/system/root/population.csv"
  on village rosterd import /root/population.csv --dry-run || die "import of what only root may read"
  on village rosterd export-batch /root/up.batch
  cp "$work/village/system/root/up.batch" "$work/township/system/root/"
  on township rosterd import-batch /root/up.batch
  cp "$work/township/system/root/up.batch.receipts" "$work/village/system/root/"
  on village rosterd import-batch /root/up.batch.receipts
  on county rosterd doctor || die "doctor finds something broken"

  say "the county's store is lost and restored"
  before=$(findings county)
  on county systemctl stop rosterd
  rm "$work"/county/system/var/lib/rosterd/data/rosterd.db*
  on county rosterd restore /root/county.db || die "restore"
  [ -z "$(on county find /var/lib/rosterd/data ! -user rosterd)" ] || die "restore left files that are not the service's"
  on county systemctl start rosterd
  all_settled
  [ "$(findings county)" = "$before" ] || die "a restore changed the findings: $before to $(findings county)"

  say "reload and upgrade in place"
  on county sed -i 's/^name = .*/name = "云岭县政府"/' /etc/rosterd/rosterd.toml
  on county systemctl reload rosterd
  on county rosterd status --json | grep -q '"name":"云岭县政府"' || die "a reload did not take up the name"
  before=$(findings county)
  install county "$next"
  eventually 60 "county after the upgrade" on county rosterd status
  settled county
  [ "$(findings county)" = "$before" ] || die "an upgrade changed the findings: $before to $(findings county)"
  [ "$(on county dpkg-query -W -f '${Version}' rosterd)" = "$(dpkg-deb -f "$next" Version)" ] || die "not upgraded"

  say "the village reboots"
  before=$(leader village)
  on village systemctl reboot || true
  eventually 60 "village goes down" sh -c "! kill -0 $before"
  eventually 60 "village comes up" on village systemctl is-active --quiet rosterd
  all_settled

  say "removing keeps the data, purging does not"
  on village apt-get remove -y -qq rosterd >/dev/null 2>&1
  on village test -d /var/lib/rosterd/data -a -e /etc/rosterd/rosterd.toml || die "remove took the data"
  on village test ! -e /usr/bin/rosterd || die "remove left the binary"
  on village apt-get purge -y -qq rosterd >/dev/null 2>&1
  on village test ! -e /var/lib/rosterd -a ! -e /etc/rosterd || die "purge left data"
  on county rosterd status >/dev/null
  say "done in $SECONDS s"
}

case "${1:-}" in
  --can) can; exit ;;
  --keep) keep=1 ;;
  "") ;;
  *) echo "tests/deploy/boot.sh: unknown word $1 (--can, --keep)" >&2; exit 2 ;;
esac
can
install_tools
make_base
trap 'status=$?; [ $status = 0 ] || failed; teardown; exit $status' EXIT
story
