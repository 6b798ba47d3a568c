//! What holds for every text and every value.

#![cfg(feature = "yaml")]

use componentconfig::{
    Decoded, Document, DocumentSet, Span, Strictness, decode, decode_value,
    diagnostic::Source,
    field::Path,
    scalar::{Duration, Quantity},
    tree::{Content, Node},
    yaml,
};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

/// Texts that look like something else, or that are hard to write.
fn nasty() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "",
        " ",
        "\n",
        "\t",
        ":",
        "-",
        "?",
        "#",
        "&a",
        "*a",
        "!",
        "|",
        ">",
        "'",
        "\"",
        "%",
        "@",
        "`",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\\",
        "=",
        "~",
        ".",
        "yes",
        "No",
        "on",
        "y",
        "null",
        "1",
        "0x1F",
        "014",
        "1_000",
        "1e3",
        ".inf",
        "12:30:45",
        "2001-01-01",
        "<<",
        "---",
        "...",
        "a",
        "é",
        "\u{a0}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{1f600}",
        "\r",
        "\r\n",
        "\0",
        "\u{1b}",
        "\u{ffff}",
        "word ",
        "  ",
        " #",
        ": ",
    ]);
    prop_oneof![
        prop::collection::vec(words, 0..12).prop_map(|words| words.concat()),
        ".{0,12}",
        "(word |a|b ){0,60}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        nasty().prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(nasty(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Whole floats are written as integers.
fn as_written(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let digits = number.as_f64().unwrap_or(0.0).to_string();
            match (digits.parse::<i64>(), digits.parse::<u64>()) {
                (Ok(value), _) => value.into(),
                (_, Ok(value)) => value.into(),
                _ => Value::Number(number),
            }
        }
        Value::Array(items) => items.into_iter().map(as_written).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, as_written(value)))
            .collect(),
        other => other,
    }
}

/// Text that is nearly YAML: pieces of it in any order.
fn nearly_yaml() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a: ",
        "b:\n",
        "- ",
        "\n",
        "\n  ",
        "\n- ",
        "? ",
        ": ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "&x ",
        "*x",
        "<<: ",
        "!!int ",
        "!t ",
        "'",
        "\"",
        "\\",
        "|\n",
        ">-\n",
        "# c\n",
        "---\n",
        "...\n",
        "x",
        "1",
        "yes",
        "~",
        "\t",
        "é",
        "\u{2028}",
        "\u{85}",
        "\r\n",
        "\u{feff}",
        "%YAML 1.1\n",
        "apiVersion: a/v1\n",
        "kind: K\n",
    ]);
    prop_oneof![
        prop::collection::vec(pieces, 0..24).prop_map(|p| p.concat()),
        any::<String>()
    ]
}

fn inside(span: Span, lines: &[&str]) -> bool {
    let line = (span.line as usize).checked_sub(1);
    // The end of a line is a place too.
    line.and_then(|line| lines.get(line))
        .is_some_and(|line| span.column >= 1 && span.column as usize <= line.chars().count() + 1)
}

fn check_places(node: &Node, lines: &[&str]) -> Result<(), TestCaseError> {
    if let Some(span) = node.span() {
        prop_assert!(inside(span, lines), "{span} in {lines:?}");
    }
    match node.content() {
        Content::List(items) => items.iter().try_for_each(|item| check_places(item, lines)),
        Content::Map(entries) => entries.iter().try_for_each(|entry| {
            prop_assert!(
                inside(entry.key_span, lines),
                "{} in {lines:?}",
                entry.key_span
            );
            check_places(&entry.value, lines)
        }),
        _ => Ok(()),
    }
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Config {
    a: String,
    b: Option<i32>,
    kind: String,
    list: Vec<Duration>,
    map: std::collections::BTreeMap<String, Quantity>,
    inner: Option<Box<Config>>,
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(value in value()) {
        let text = yaml::write(&value);
        let read = yaml::read_strict(&text).map_err(|report| TestCaseError::fail(format!("{report}\n{text}")))?;
        prop_assert_eq!(read, as_written(value), "{}", text);
    }

    #[test]
    fn writing_is_canonical(value in value()) {
        let text = yaml::write(&value);
        let again = yaml::write(&yaml::read(&text).unwrap_or_default());
        prop_assert_eq!(again, text);
    }

    #[test]
    fn files_of_written_documents_come_apart_again(values in prop::collection::vec(value(), 1..4)) {
        let documents: Vec<Value> = (0..).zip(values)
            .map(|(n, value)| json!({"apiVersion": "a/v1", "kind": format!("K{n}"), "value": value}))
            .collect();
        // The splitter of Kubernetes looks for dashes inside of texts too; the writer indents them.
        let set = DocumentSet::read("f", &yaml::write_all(&documents));
        let set = set.map_err(|report| TestCaseError::fail(report.to_string()))?;
        prop_assert_eq!(set.len(), documents.len());
        for (document, value) in set.iter().zip(documents) {
            prop_assert_eq!(document.to_value(), as_written(value));
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic_and_every_place_is_in_it(text in nearly_yaml()) {
        match yaml::parse("f", &text) {
            Ok(document) => check_places(document.root(), &text.split(['\n', '\u{85}']).collect::<Vec<_>>())?,
            Err(report) => {
                prop_assert!(report.has_errors());
                report.render(&[Source { name: "f", text: &text }]);
            }
        }
        if let Err(report) = DocumentSet::read("f", &text) {
            prop_assert!(report.errors().all(|error| error.span.is_some()), "{}", report);
        }
    }

    #[test]
    fn strict_reading_refuses_more_and_changes_nothing(text in nearly_yaml()) {
        if let Ok(value) = yaml::read_strict(&text) {
            prop_assert_eq!(yaml::read(&text).ok(), Some(value));
        }
    }

    #[test]
    fn json_is_read_like_json(value in value()) {
        let value = json!({"a": value});
        let text = value.to_string();
        let document = Document::read("f", &text).map_err(|report| TestCaseError::fail(report.to_string()))?;
        prop_assert_eq!(document.to_value(), value);
        check_places(document.root(), &[&text])?;
    }

    #[test]
    fn decoding_never_panics_and_says_the_same_with_and_without_places(value in value()) {
        let with: Decoded<Config> = decode(&Document::from_value("f", &value), Strictness::Ignore);
        let without: Decoded<Config> = decode_value(&value, Strictness::Ignore);
        prop_assert_eq!(&with.value, &without.value);
        let paths = |decoded: &Decoded<Config>| -> Vec<Option<Path>> {
            decoded.diagnostics.iter().map(|d| d.path.clone()).collect()
        };
        prop_assert_eq!(paths(&with), paths(&without));
    }

    #[test]
    fn durations_print_as_they_read(nanoseconds in any::<i64>()) {
        let duration = Duration::from_nanos(nanoseconds);
        prop_assert_eq!(duration.to_string().parse(), Ok(duration));
    }

    #[test]
    fn quantities_keep_their_amount(text in "[+-]?[0-9]{0,12}(\\.[0-9]{0,6})?(n|u|m||k|M|G|T|P|Ki|Mi|Gi|Ti|Pi|e[0-9])") {
        if let Ok(quantity) = text.parse::<Quantity>() {
            let again: Quantity = quantity.as_str().parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
            prop_assert_eq!(quantity.compare(&again), std::cmp::Ordering::Equal);
        }
    }

    #[test]
    fn paths_read_as_they_print(steps in prop::collection::vec(prop_oneof![
        "[a-zA-Z][a-zA-Z0-9/-]{0,6}".prop_map(|name| (name, None)),
        (0_usize..100).prop_map(|index| (String::new(), Some(index))),
    ], 0..6)) {
        let path = steps.into_iter().fold(Path::root(), |path, (name, index)| match index {
            Some(index) => path.index(index),
            None => path.child(name),
        });
        prop_assert_eq!(path.to_string().parse(), Ok(path));
    }
}
