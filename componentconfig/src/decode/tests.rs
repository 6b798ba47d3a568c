use std::collections::BTreeMap;

use serde::{Deserialize, de};
use serde_json::json;

use super::*;
use crate::scalar::{Duration, present};

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    name: String,
    count: i32,
    big: u64,
    ratio: f64,
    small: f32,
    on: bool,
    period: Duration,
    pointer: Option<Duration>,
    #[serde(deserialize_with = "present")]
    no_pointer: Option<Duration>,
    args: Vec<Arg>,
    labels: BTreeMap<String, String>,
    mode: Option<Mode>,
    inner: Option<Inner>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Arg {
    name: String,
    value: String,
}

#[derive(Debug, PartialEq, Deserialize)]
enum Mode {
    Fast,
    Slow { by: i32 },
}

#[derive(Debug, PartialEq, Deserialize)]
struct Inner {
    must: Even,
}

#[derive(Debug, PartialEq)]
struct Even(i64);

impl<'de> Deserialize<'de> for Even {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match i64::deserialize(deserializer)? {
            number if number % 2 == 0 => Ok(Self(number)),
            number => Err(de::Error::custom(format_args!("{number} is odd"))),
        }
    }
}

fn said(value: &Value) -> Vec<String> {
    let decoded = decode_value::<Config>(value, Strictness::Strict);
    decoded
        .diagnostics
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn null_and_absent_are_the_zero_value() {
    let nulls = json!({
        "name": null, "count": null, "big": null, "ratio": null, "small": null, "on": null, "pointer": null,
        "args": null, "labels": null, "mode": null, "inner": null,
    });
    let (config, warnings) = decode_value::<Config>(&nulls, Strictness::Strict)
        .into_result()
        .unwrap();
    assert_eq!(config, Config::default());
    assert!(warnings.is_empty());
    let (config, _) = decode_value::<Config>(&Value::Null, Strictness::Strict)
        .into_result()
        .unwrap();
    assert_eq!(config, Config::default());
    let words = "time: invalid duration \"\"";
    assert_eq!(
        said(&json!({"period": null, "noPointer": null})),
        [format!("noPointer: {words}"), format!("period: {words}")]
    );
}

#[test]
fn numbers_follow_the_json_text_of_go() {
    let read = |value| decode_value::<Config>(&value, Strictness::Strict).value;
    assert_eq!(read(json!({"count": 6443.0})).unwrap().count, 6443);
    assert_eq!(read(json!({"count": -0.0})).unwrap().count, 0);
    assert_eq!(
        read(json!({"big": 1e19})).unwrap().big,
        10_000_000_000_000_000_000
    );
    assert_eq!(read(json!({"big": u64::MAX})).unwrap().big, u64::MAX);
    assert_eq!(
        read(json!({"ratio": 3})).unwrap().ratio.to_bits(),
        3.0_f64.to_bits()
    );
    assert_eq!(
        said(&json!({"count": 2_147_483_648_u32, "big": -1, "small": 1e39, "ratio": "1"})),
        [
            "big: expected an unsigned integer of 64 bits, found number -1",
            "count: expected an integer of 32 bits, found number 2147483648",
            "ratio: expected a number, found string \"1\"",
            "small: expected a number of 32 bits, found number 1e+39",
        ]
    );
    assert_eq!(said(&json!({"big": 1e21, "count": 1.5})).len(), 2);
}

#[test]
fn everything_wrong_is_said_at_once() {
    let value = json!({
        "Name": "x",
        "args": [{"name": "a", "val": "b"}, {"name": 1}, "x", {"value": true}],
        "count": "5",
        "inner": {"must": 3},
        "labels": {"a": 1, "b": "c"},
        "mode": "Fats",
        "on": "true",
        "period": "1d",
        "pointer": 5,
    });
    assert_eq!(
        said(&value),
        [
            "inner.must: 3 is odd",
            "mode: unknown variant `Fats`, expected `Fast` or `Slow`",
            "period: time: unknown unit \"d\" in duration \"1d\"",
            "pointer: expected a string, found number 5",
            "Name: unknown field \"Name\"",
            "args[0].val: unknown field \"args[0].val\"",
            "args[1].name: expected a string, found number 1",
            "args[2]: expected a map, found string \"x\"",
            "args[3].value: expected a string, found boolean true",
            "count: expected an integer, found string \"5\"",
            "labels.a: expected a string, found number 1",
            "on: expected a boolean, found string \"true\"",
        ]
    );
    let decoded = decode_value::<Config>(&value, Strictness::Strict);
    assert!(decoded.value.is_none());
    let help = |path: &str| {
        let of = |d: &&Diagnostic| d.path.as_ref().unwrap().to_string() == path;
        decoded.diagnostics.iter().find(of).unwrap().help.clone()
    };
    assert_eq!(help("Name").as_deref(), Some("did you mean \"name\"?"));
    assert_eq!(
        help("args[0].val").as_deref(),
        Some("did you mean \"value\"?")
    );
}

#[test]
fn a_missing_field_and_a_bad_one_are_one_error_each() {
    assert_eq!(
        said(&json!({"inner": {}})),
        ["inner: missing field \"must\""]
    );
    assert_eq!(
        said(&json!({"inner": {"must": "x"}})),
        ["inner.must: expected an integer, found string \"x\""]
    );
    let root = decode_value::<Inner>(&json!({}), Strictness::Strict);
    assert_eq!(
        root.into_result().unwrap_err().to_string(),
        "missing field \"must\""
    );
}

#[test]
fn enums_with_data_keep_their_path() {
    let read = |value| decode_value::<Config>(&value, Strictness::Strict);
    let mode = read(json!({"mode": {"Slow": {"by": 2}}}))
        .value
        .unwrap()
        .mode;
    assert_eq!(mode, Some(Mode::Slow { by: 2 }));
    assert_eq!(
        said(&json!({"mode": {"Slow": {"by": "x", "bye": 1}}})),
        [
            "mode.Slow.by: expected an integer, found string \"x\"",
            "mode.Slow.bye: unknown field \"mode.Slow.bye\"",
        ]
    );
    assert_eq!(
        said(&json!({"mode": {}})),
        ["mode: expected a map with a single key"]
    );
    assert_eq!(
        said(&json!({"mode": 1})),
        ["mode: expected a string, found number 1"]
    );
}

#[test]
fn strictness_decides_what_unknown_fields_are() {
    let value = json!({"nope": 1, "count": 3});
    let with = |strictness| decode_value::<Config>(&value, strictness);
    let strict = with(Strictness::Strict);
    assert!(strict.has_errors());
    assert_eq!(strict.value.unwrap().count, 3);
    let (config, warnings) = with(Strictness::Warn).into_result().unwrap();
    assert_eq!((config.count, warnings[0].class), (3, Class::Strict));
    let (_, warnings) = with(Strictness::Tolerate).into_result().unwrap();
    assert_eq!(warnings[0].class, Class::StrictTolerated);
    assert!(with(Strictness::Ignore).diagnostics.is_empty());
}

#[test]
fn many_bad_values_end_somewhere() {
    let args: Vec<_> = (0..300).map(|_| json!({"must": 1})).collect();
    let decoded = decode_value::<Vec<Inner>>(&args.into(), Strictness::Strict);
    // Two runs each: without the bad value, and then without the struct that cannot do without it.
    assert_eq!(decoded.diagnostics.len(), MAX_RUNS / 2);
    assert!(decoded.value.is_none());
}
