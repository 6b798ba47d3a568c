//! Another reader of YAML, on documents about which YAML 1.1 and 1.2 agree.

#![cfg(feature = "yaml")]

use componentconfig::yaml;
use serde_json::Value;

const AGREED: [&str; 9] = [
    "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 110\nclusterDNS:\n- 10.96.0.10\n",
    "a: {b: [c, 'd e', \"f\\tg\"], h: null}\ni: -1.5\nj: true\n",
    "text: |\n  one\n   two\n\nfolded: >-\n  one\n  two\n\n  three\nkept: |+\n  x\n\nlast: z\n",
    "- - a\n  - b\n- c: d\n  e:\n  - f\n-\n  g: h\n",
    "base: &b\n  x: 1\nuse: *b\nlist: [*b, &n 3, *n]\n",
    "? complex key\n: value\n\"quoted\": 'it''s'\n",
    "plain: a multi\n  line scalar\nurl: http://example.org:80/#x\n",
    "{\"json\": [1, 2.5, \"\\u00e9\", {}], \"k\": []}\n",
    "# comment\na: 1 # more\n\n\nb: # none\n  c\n",
];

#[test]
fn both_read_the_same() {
    for text in AGREED {
        let theirs: Value = serde_yaml::from_str(text).unwrap();
        assert_eq!(yaml::read(text).unwrap(), theirs, "{text}");
    }
}

#[test]
fn the_peer_reads_what_is_written() {
    for text in AGREED {
        let value = yaml::read(text).unwrap();
        let theirs: Value = serde_yaml::from_str(&yaml::write(&value)).unwrap();
        assert_eq!(theirs, value, "{text}");
    }
}
