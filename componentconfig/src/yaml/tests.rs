use serde_json::json;

use super::*;
use crate::{DocumentSet, Span};

fn said(text: &str) -> Vec<String> {
    let report = parse("f", text)
        .map(|document| document.to_value())
        .unwrap_err();
    report
        .diagnostics()
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn duplicates(text: &str) -> Vec<(String, String, String)> {
    let document = parse("f", text).unwrap();
    let of = |duplicate: &crate::Duplicate| {
        let (first, again) = (duplicate.first.to_string(), duplicate.again.to_string());
        (duplicate.path.to_string(), first, again)
    };
    document.duplicates().iter().map(of).collect()
}

fn place(path: &str, first: &str, again: &str) -> (String, String, String) {
    (path.to_owned(), first.to_owned(), again.to_owned())
}

#[test]
fn every_value_and_key_knows_its_place() {
    let text = "# c\na:\n  - b: 'x y'\n    é: [1, {k: v}]\nz:\nw: |\n  x\n";
    let document = parse("f", text).unwrap();
    let at = |path: &str| document.locate(&path.parse().unwrap()).unwrap();
    assert_eq!(at("a"), Span::new(2, 1, 1));
    assert_eq!(at("a[0].b"), Span::new(3, 5, 1));
    assert_eq!(at("a[0].é[1].k"), Span::new(4, 13, 1));
    let value = |path: &str| {
        document
            .root()
            .find(&path.parse().unwrap())
            .unwrap()
            .span()
            .unwrap()
    };
    assert_eq!(value("a[0].b"), Span::new(3, 8, 5));
    assert_eq!(value("a[0].é[0]"), Span::new(4, 9, 1));
    assert_eq!(
        value("z"),
        Span::new(5, 1, 1),
        "nothing is written there, so the key is the place"
    );
    assert_eq!(value("w").line, 7, "a block begins with its first line");
}

#[test]
fn positions_are_those_of_the_file() {
    let text = "apiVersion: a/v1\nkind: K\n---\napiVersion: a/v1\nkind: L\nx: [\n---\nkind: M\nkind: P\napiVersion: a/v1\n";
    let report = DocumentSet::read("f", text).unwrap_err();
    let lines: Vec<_> = report
        .diagnostics()
        .iter()
        .map(|d| d.span.unwrap().line)
        .collect();
    assert_eq!(lines, [6]);
    let set = DocumentSet::read("f", &text.replace("x: [\n", "")).unwrap();
    assert_eq!(set.documents()[2].duplicates()[0].again, Span::new(8, 1, 4));
}

#[test]
fn aliases_and_merges() {
    let text = "a: &x {b: 1, c: 2}\nd: *x\ne:\n  <<: *x\n  f: 3\ng: {<<: [{b: 4}, {b: 5, h: 6}]}\n";
    assert_eq!(
        read(text).unwrap(),
        json!({
            "a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 2}, "e": {"b": 1, "c": 2, "f": 3},
            "g": {"b": 4, "h": 6},
        })
    );
    assert_eq!(read("'<<': 1\n").unwrap(), json!({"<<": 1}));
    assert_eq!(read("&k a: 1\nb: *k\n").unwrap(), json!({"a": 1, "b": "a"}));
    assert_eq!(
        read("a: &k x\n*k : 1\n").unwrap(),
        json!({"a": "x", "x": 1})
    );
    assert_eq!(
        read("a: &k 1\nb: &k 2\nc: *k\n").unwrap(),
        json!({"a": 1, "b": 2, "c": 2})
    );
}

#[test]
fn what_overrides_a_merged_key_is_a_duplicate_wherever_the_merge_stands() {
    let base = "x: &b\n  force: true\n";
    assert_eq!(
        duplicates(&format!("{base}z:\n  <<: *b\n  force: false\n")),
        [place("z.force", "2:3", "5:3")]
    );
    let after = format!("{base}z:\n  force: false\n  <<: *b\n");
    assert_eq!(duplicates(&after), [place("z.force", "4:3", "5:3")]);
    // The later one counts, and here that is the merge.
    assert_eq!(read(&after).unwrap()["z"], json!({"force": true}));
    assert_eq!(
        read_strict(&after).unwrap_err().diagnostics()[0].class,
        Class::Strict
    );
    assert_eq!(
        duplicates("d:\n  <<: {a: 1}\n  <<: {a: 2}\n"),
        [place("d.a", "2:8", "3:3")]
    );
}

#[test]
fn keys_that_become_the_same_text_are_duplicates() {
    assert_eq!(
        duplicates("yes: 1\n'true': 2\n"),
        [place("true", "1:1", "2:1")]
    );
    let many: Vec<_> = (0..40).map(|n| format!("k{n}: {n}\n")).collect();
    let many = many.concat();
    assert_eq!(duplicates(&format!("{many}k3: x\nk39: y\n")).len(), 2);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let text = "a: *nowhere\nb: .inf\nc: !!int x\n~: 1\n[d]: 2\ne: {<<: 3}\nf: 18446744073709551615\n9223372036854775808: g\n";
    assert_eq!(
        said(text),
        [
            "f:1:4: a: unknown anchor \"nowhere\"",
            "f:2:4: b: infinity and NaN have no place in a configuration",
            "f:3:10: c: cannot decode !!str `x` as a !!int",
            "f:4:1: null cannot be a key",
            "f:5:1: a list or a map cannot be a key",
            "f:6:5: e: map merge requires map or sequence of maps as the value",
            "f:8:1: an integer above 9223372036854775807 cannot be a key",
        ]
    );
}

#[test]
fn only_maps_can_be_merged() {
    for text in [
        "a: &l [{b: 1}]\nc: {<<: *l}\n",
        "c: {<<: [1]}\n",
        "c: {<<: [[{b: 1}]]}\n",
        "c: {<<: ~}\n",
        "a: &s x\nc: {<<: [*s]}\n",
    ] {
        assert_eq!(said(text).len(), 1, "{text}");
    }
}

#[test]
fn a_text_that_ends_making_sense_says_where() {
    assert_eq!(
        said("a: 1\nb:\n\tc: 2\n"),
        ["f:3:2: b: tabs disallowed within this context (block indentation)"]
    );
    assert_eq!(
        said("a: \u{7}\n"),
        ["f:1:4: control characters are not allowed (U+0007)"]
    );
    assert!(said("a: [1, 2\nb: 3\n")[0].starts_with("f:"));
    assert_eq!(
        said("a:\n  b: [x?y]\n"),
        ["f:2:7: a.b[0]: a scalar with '?' inside [] or {} has to be in quotes"]
    );
}

#[test]
fn small_texts_do_not_make_large_documents() {
    let mut lines = vec!["a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned()];
    for n in 1..9 {
        let before = format!("*a{}, ", n - 1).repeat(9);
        lines.push(format!("a{n}: &a{n} [{before}]\n"));
    }
    assert!(said(&lines.concat())[0].ends_with("document contains excessive aliasing"));
    let uses: Vec<_> = (0..90).map(|n| format!("k{n}: *a\n")).collect();
    let wide = format!("a: &a [{}]\n{}", "x, ".repeat(100), uses.concat());
    assert!(read(&wide).is_ok());
}

#[test]
fn an_anchor_does_not_contain_itself() {
    assert!(said("a: &a [*a]\n")[0].ends_with("the value of an anchor contains itself"));
    assert!(said("&a {b: {<<: *a}}\n")[0].contains("contains itself"));
}

#[test]
fn depth_is_limited_however_it_comes_about() {
    let flow = "[".repeat(129) + &"]".repeat(129);
    assert!(said(&flow)[0].ends_with("exceeded max depth of 128"));
    let block: Vec<_> = (0..129).map(|n| " ".repeat(n) + "a:\n").collect();
    let block = block.concat();
    assert!(said(&block)[0].ends_with("exceeded max depth of 128"));
    let half = "[".repeat(65) + &"]".repeat(65);
    let both = "[".repeat(65) + "*a" + &"]".repeat(65);
    assert!(said(&format!("a: &a {half}\nb: {both}\n"))[0].ends_with("exceeded max depth of 128"));
    for deep in [
        "[".repeat(100_000),
        "{a: ".repeat(100_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
    ] {
        assert!(read(&deep).is_err());
    }
}

#[test]
fn only_the_first_document_of_a_text_counts() {
    assert_eq!(read("a: 1\n...\n---\nb: 2\n").unwrap(), json!({"a": 1}));
    assert_eq!(read("").unwrap(), Value::Null);
    assert_eq!(read("# c\n").unwrap(), Value::Null);
}

#[test]
fn several_documents_are_written_apart() {
    let values = [json!({"a": 1}), json!({"b": [1]})];
    let text = write_all(&values);
    assert_eq!(text, "a: 1\n---\nb:\n- 1\n");
    assert_eq!(write_all(&[]), "");
    let serializable = std::collections::BTreeMap::from([("name", "off")]);
    assert_eq!(to_string(&serializable).unwrap(), "name: \"off\"\n");
}

#[test]
fn all_documents_are_read_and_all_errors_told() {
    let text = "---\na: 1\n---\n\n---\n# nothing\n---\n{\"b\": [on]}\n---\n";
    let values = read_all("f", text).unwrap();
    assert_eq!(values, [json!({"a": 1}), json!(null), json!({"b": [true]})]);
    assert!(read_all("f", "").unwrap().is_empty());
    let report = read_all("f", "a: [1\n---\nb\n--- c\n: }\n").unwrap_err();
    let lines: Vec<_> = report.errors().map(|e| e.span.unwrap().line).collect();
    assert!(
        lines.contains(&4) && lines.iter().any(|line| *line < 3),
        "{report}"
    );
}
