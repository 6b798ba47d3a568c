#!/usr/bin/env bash
# Instructions of one operation of each job, counted by callgrind: these do not depend on what else the machine does.
# benches/instructions.sh [OBJECT...]: server-side apply. benches/instructions.sh config: configuration files.
# benches/instructions.sh bootstrap: the engine of phases, a phase with nothing to do and no journal.
# benches/instructions.sh server: requests to the API server in this process, beside a GET.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=10
out=$(mktemp)
trap 'rm -f "$out"' EXIT
# count PROGRAM ARGUMENT...
count() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --collect-atstart=no \
    "--toggle-collect=${1//-/_}::measured*" "${CARGO_TARGET_DIR:-target}/release/$@" "$runs" 2>"$out" >/dev/null
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$out"
}
# row OBJECT JOB TOTAL PEER
row() {
  awk -v o="$1" -v j="$2" -v t="$3" -v p="$4" -v r="$runs" \
    'BEGIN { printf "%-12s %-14s %12d %8.2f\n", o, j, t / r, t / p }'
}
if [ "${1:-}" = config ]; then
  cargo build -q --release -p benches --bin config-figures
  peer=$(count config-figures serde_yaml)
  for job in serde_yaml events read decode load migrate; do
    row kubelet "$job" "$(count config-figures "$job")" "$peer"
  done
  exit
fi
if [ "${1:-}" = bootstrap ]; then
  cargo build -q --release -p benches --bin bootstrap-figures
  echo "a phase: $(($(count bootstrap-figures phases) / runs / 1000))"
  exit
fi
if [ "${1:-}" = server ]; then
  cargo build -q --release -p benches --bin server-figures
  runs=50
  peer=$(count server-figures repeat get)
  for work in get noop change turn create list list-label; do
    row server "$work" "$(count server-figures repeat "$work")" "$peer"
  done
  exit
fi
cargo build -q --release -p benches --bin apply-figures
for object in "${@:-pod}"; do
  parse=$(count apply-figures parse "$object")
  for job in parse UpdateNoop UpdateChange ApplyNoop ApplyChange ApplyConflict ApplySmall bytes decode encode; do
    row "$object" "$job" "$(count apply-figures "$job" "$object")" "$parse"
  done
done
