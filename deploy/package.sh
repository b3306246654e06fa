#!/usr/bin/env bash
# Builds the Debian package: deploy/package.sh [--profile NAME]
#
#   --profile NAME   cargo profile; `dist` by default, `release` is quicker to build
#
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

target=${CARGO_TARGET_DIR:-target}
cargo build --locked --profile "$profile"
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
