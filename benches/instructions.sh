#!/usr/bin/env bash
# Instructions of one operation of each job, counted by callgrind: these do not depend on what else the machine does.
# benches/instructions.sh [OBJECT...]
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build -q --release -p benches --bin apply-figures
binary=${CARGO_TARGET_DIR:-target}/release/apply-figures
runs=10
out=$(mktemp)
trap 'rm -f "$out"' EXIT
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
    '--toggle-collect=apply_figures::measured*' "$binary" "$1" "$2" "$runs" 2>"$out" >/dev/null
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$out"
}
for object in "${@:-pod}"; do
  parse=$(count parse "$object")
  for job in parse UpdateNoop UpdateChange ApplyNoop ApplyChange ApplyConflict ApplySmall bytes decode encode; do
    total=$(count "$job" "$object")
    awk -v o="$object" -v j="$job" -v t="$total" -v p="$parse" -v r="$runs" \
      'BEGIN { printf "%-12s %-14s %12d %8.2f\n", o, j, t / r, t / p }'
  done
done
