#!/usr/bin/env bash
# Scans the pictures that changed since a commit, and writes findings.sarif and findings.xml (JUnit).
#
#     ci/scan-changed.sh BASE OUT_DIR [options of `unmask scan`]
#
# BASE is a commit or a branch; `--all` scans every tracked picture. The exit code is that of `unmask scan`.
set -euo pipefail

base="${1:?give the base commit, or --all}"
out="${2:?give the output folder}"
shift 2

pictures=('*.jpg' '*.jpeg' '*.png' '*.webp' '*.bmp' '*.tif' '*.tiff' '*.gif' '*.heic' '*.avif')
patterns=()
for pattern in "${pictures[@]}"; do patterns+=(":(icase)$pattern"); done

mkdir -p "$out"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
list="$work/changed.txt"
if [ "$base" = --all ]; then
  git ls-files -z -- "${patterns[@]}" >"$list"
else
  git diff --name-only --diff-filter=ACMR -z "$base...HEAD" -- "${patterns[@]}" >"$list"
fi
if [ ! -s "$list" ]; then
  echo "unmask: no picture changed"
  exit 0
fi

code=0
rm -f "$out"/findings.*
unmask scan - --out "$out/findings.sarif" --cache "$work/cache.sqlite" "$@" <"$list" || code=$?
unmask scan - --out "$out/findings.xml" --cache "$work/cache.sqlite" "$@" <"$list" >/dev/null 2>&1 || true
exit "$code"
