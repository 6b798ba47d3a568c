#!/bin/sh
# Fills corpus/ with the inputs of the recorded cases: ./seeds.sh
set -eu
cd "$(dirname "$0")"
cases=../tests/conformance/cases
mkdir -p corpus/kinds corpus/files corpus/split corpus/yaml_read corpus/decode
for input in "$cases"/*/input.yaml "$cases"/*/expected.yaml "$cases"/*/decoded.yaml; do
    [ -e "$input" ] || continue
    name=$(basename "$(dirname "$input")")-$(basename "$input" .yaml)
    for target in files split yaml_read; do cp "$input" "corpus/$target/$name"; done
    if ! grep -q '^---' "$input"; then
        for target in kinds decode; do cp "$input" "corpus/$target/$name"; done
    fi
done
