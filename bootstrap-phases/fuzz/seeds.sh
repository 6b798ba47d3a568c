#!/bin/sh
# Fills corpus/ with certificates, keys and kubeconfigs of the tests, and with patches: ./seeds.sh
set -eu
cd "$(dirname "$0")"
mkdir -p corpus/certificates corpus/keys corpus/kubeconfig corpus/patches corpus/journal
find ../tests -name '*.crt' | while read -r file; do
    cp "$file" "corpus/certificates/$(echo "$file" | tr '/' '_')"
    openssl x509 -in "$file" -outform DER -out "corpus/certificates/$(echo "$file" | tr '/' '_').der" 2>/dev/null || true
done
find ../tests -name '*.key' | while read -r file; do cp "$file" "corpus/keys/$(echo "$file" | tr '/' '_')"; done
find ../tests -name '*.conf' -size -16k | while read -r file; do cp "$file" "corpus/kubeconfig/$(sha256sum "$file" | cut -c1-16)"; done
printf 'etcd+json.json\n[{"op": "add", "path": "/metadata/labels/x", "value": "y"}]\n|||\nkube-apiserver0+merge.yaml\nmetadata: {labels: {a: null}}' >corpus/patches/two
printf 'etcd+strategic.yaml\nspec:\n  containers:\n  - name: etcd\n    image: other\n---\nmetadata: {}' >corpus/patches/strategic
printf '\000\000\000\003key\npage\nlast' >corpus/journal/three
printf '\200\001\020\007one\ntwo' >corpus/journal/changed
