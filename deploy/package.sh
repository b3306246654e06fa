#!/usr/bin/env bash
# Builds the Debian package: deploy/package.sh [--profile NAME]
#
#   --profile NAME   cargo profile; `dist` by default, `release` is quicker to build
#
# The package encrypts its store (feature sqlcipher), with the libcrypto of the system, so that Debian's updates of it
# reach rosterd: building needs libssl-dev and pkg-config, the package depends on libssl3.
# The man page and the completions are printed by the binary itself, so they cannot say something else than it does.
# Needs cargo-deb; installs it from crates.io where it is missing. Prints the package's path on the last line.
set -euo pipefail
cd "$(dirname "$0")/.."

profile=dist
cargo_deb_version=3.8.0
while [ $# -gt 0 ]; do
  case "$1" in
    --profile) profile=$2; shift ;;
    *) echo "deploy/package.sh: unknown word $1" >&2; exit 2 ;;
  esac
  shift
done

pkg-config --exists 'libcrypto >= 3.0' 2>/dev/null || {
  echo "deploy/package.sh: libssl-dev and pkg-config are missing: apt-get install libssl-dev pkg-config" >&2
  exit 1
}
export OPENSSL_NO_VENDOR=1

target=${CARGO_TARGET_DIR:-target}
cargo build --locked --features sqlcipher --profile "$profile"
rosterd=$target/$profile/rosterd
[ "$profile" = dev ] && rosterd=$target/debug/rosterd

rm -rf target/package
mkdir -p target/package
"$rosterd" man target/package
"$rosterd" completions bash >target/package/rosterd.bash
"$rosterd" completions zsh >target/package/_rosterd
"$rosterd" completions fish >target/package/rosterd.fish

if ! cargo deb --version >/dev/null 2>&1; then
  cargo install cargo-deb --locked --version "$cargo_deb_version" >&2
fi
quick=()
[ "$profile" = dist ] || quick=(--strip --fast)
cargo deb --locked --no-build --profile "$profile" "${quick[@]}" --output target/package/ >/dev/null
ls -t "$PWD"/target/package/*.deb | head -n 1
