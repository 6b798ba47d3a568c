//! Costs as an API server estimates them.
#![allow(
    clippy::needless_pass_by_value,
    reason = "schemas are made where they are used"
)]

use serde_json::{Value, json};

use super::Estimator;

fn once(schema: Value, expression: &str) -> u64 {
    let schema = serde_json::from_value(schema).expect("a schema");
    Estimator::new(&schema, false, Some(1)).once(expression)
}

fn typed(kind: &str) -> Value {
    match kind {
        "int-or-string" => json!({"x-kubernetes-int-or-string": true}),
        "duration" | "date" | "date-time" | "byte" => json!({"type": "string", "format": kind}),
        kind => json!({"type": kind}),
    }
}

fn with(mut schema: Value, field: &str, most: Option<i64>) -> Value {
    if let Some(most) = most {
        schema[field] = json!(most);
    }
    schema
}

fn array(items: Value, most: Option<i64>) -> Value {
    with(json!({"type": "array", "items": items}), "maxItems", most)
}

fn map(values: Value, most: Option<i64>) -> Value {
    let schema = json!({"type": "object", "additionalProperties": values});
    with(schema, "maxProperties", most)
}

fn string(most: Option<i64>) -> Value {
    with(typed("string"), "maxLength", most)
}

fn object() -> Value {
    json!({"type": "object", "required": ["required"], "properties": {"required": typed("string"), "optional": typed("string")}})
}

/// A rule about each kind of value, without bounds and with one.
#[test]
fn lists_and_maps_cost_as_much_as_fits_into_a_request() {
    let all = "self.all(x, true)";
    for (kind, of_array, of_map) in [
        ("number", 4_718_591, 1_348_169),
        ("string", 3_145_727, 1_179_647),
        ("boolean", 1_887_437, 943_718),
        ("int-or-string", 4_718_591, 1_348_169),
        ("duration", 2_359_295, 1_048_577),
        ("date", 725_936, 524_288),
        ("date-time", 428_963, 349_526),
    ] {
        assert_eq!(once(array(typed(kind), None), all), of_array, "{kind}");
        assert_eq!(once(map(typed(kind), None), all), of_map, "{kind}");
        assert_eq!(once(array(typed(kind), Some(10)), all), 32, "{kind}");
        assert_eq!(once(map(typed(kind), Some(25)), all), 77, "{kind}");
        assert_eq!(once(map(typed(kind), None), "has(self.x)"), 1, "{kind}");
    }
    let arrays = array(array(typed("number"), None), None);
    assert_eq!(once(arrays, all), 3_145_727);
    assert_eq!(once(map(object(), None), all), 428_963);
    assert_eq!(once(map(map(typed("number"), None), None), all), 1_179_647);
}

#[test]
fn texts_cost_by_their_length() {
    for (rule, unbounded, most, bounded) in [
        ("self.contains('test')", 314_574, 10, 5),
        ("self.startsWith('test')", 2, 15, 2),
        ("self.endsWith('test')", 2, 30, 2),
        (r#"size(self + "hello") > size("hello")"#, 314_578, 4, 7),
        (r#"self.matches("x")"#, 314_574, 50, 22),
        (r#""".matches("(((((((((())))))))))[0-9]")"#, 7, 10, 7),
        (r#"self.matches("")"#, 1, 100, 1),
        (r#"self == "x""#, 2, 0, 1),
        ("self.find('[0-9]+') == ''", 629_147, 10, 11),
        ("self.lowerAscii() == 'lower!'", 314_575, 10, 6),
    ] {
        assert_eq!(once(string(None), rule), unbounded, "{rule}");
        assert_eq!(once(string(Some(most)), rule), bounded, "{rule}");
    }
    let bytes = |most| with(typed("byte"), "maxLength", most);
    assert_eq!(once(bytes(None), r#"self == b"x""#), 2);
    assert_eq!(once(bytes(Some(0)), r#"self == b"x""#), 1);
    let values = json!({"type": "string", "enum": ["A", "B", "C", "LongValue"]});
    assert_eq!(once(values.clone(), "self.contains('A')"), 2);
    let values = with(values, "maxLength", Some(1000));
    assert_eq!(once(values, "self.contains('A')"), 401);
}

#[test]
fn what_is_at_an_index_costs_by_its_schema() {
    let numbers = |most| array(typed("number"), most);
    assert_eq!(once(numbers(None), "self[1] == 0.0"), 2);
    assert_eq!(once(numbers(Some(0)), "self[3] == 0.0"), 2);
    assert_eq!(once(map(typed("number"), None), r#"self["x"] == 0.0"#), 2);
    let strings = array(typed("string"), Some(8));
    assert_eq!(once(strings, "self[1] == self[1]"), 314_577);
    let either = array(typed("int-or-string"), None);
    assert_eq!(once(either, "self[0] == 5"), 3);
    let truths = array(typed("boolean"), None);
    assert_eq!(once(truths, "self[0] == false"), 2);
    assert_eq!(once(array(object(), None), "self[0] == null"), 2);
    let arrays = array(numbers(None), None);
    assert_eq!(once(arrays, "self[0][0] == -1.0"), 3);
    let maps = |most| array(map(typed("number"), None), most);
    assert_eq!(once(maps(None), "self.all(x, x.y == 25.2)"), 6_291_452);
    assert_eq!(once(maps(Some(12)), "self.all(x, x.y == 25.2)"), 74);
    assert_eq!(once(maps(None), "self[0].x > 2.0"), 4);
    for (kind, rule) in [
        ("duration", "self[0].getHours() == 2"),
        ("date", "self[2].getDayOfMonth() == 13"),
        ("date-time", "self[2].getMinutes() == 45"),
    ] {
        assert_eq!(once(array(typed(kind), None), rule), 4, "{rule}");
    }
    for (kind, rule) in [
        ("date-time", r#"self["a"] == self["b"]"#),
        ("duration", r#"self["c"] == self["d"]"#),
    ] {
        assert_eq!(once(map(typed(kind), None), rule), 8, "{rule}");
    }
}

#[test]
fn loops_multiply() {
    let numbers = |most| array(typed("number"), most);
    let squared = "self.all(x, self.all(y, true))";
    assert!(once(numbers(None), squared) > 10_000_000);
    assert_eq!(once(numbers(Some(10)), squared), 352);
    let cubed = "self.all(x, self.all(y, self.all(z, true)))";
    assert_eq!(once(numbers(Some(10)), cubed), 3_552);
    let equal = "self.all(x, x == 0.0)";
    assert_eq!(once(numbers(None), equal), 6_291_454);
    assert_eq!(once(numbers(Some(3 * 1024 * 2048)), equal), 25_165_826);
    let texts = |most| map(string(most), most);
    let contains = "self.all(x, x.contains(self[x]))";
    assert_eq!(once(texts(None), contains), 2_752_507);
    assert_eq!(once(texts(Some(10)), contains), 72);
    let nested = |most| array(map(object(), most), most);
    let required = r#"self.all(x, x["y"].required == "z")"#;
    assert_eq!(once(nested(None), required), 7_340_027);
    assert_eq!(once(nested(Some(10)), required), 72);
}

#[test]
fn macros_cost_as_what_they_stand_for() {
    let numbers = || array(typed("integer"), Some(10));
    for (rule, cost) in [
        ("self.exists_one(x, x > 1)", 43),
        ("self.map(x, x * 2).size() > 0", 154),
        ("self.map(x, x > 0, x * 2).size() > 0", 174),
        ("self.filter(x, x > 0).size() > 0", 164),
        ("self.filter(x, x > 0).all(x, x < 9)", 213),
        ("[1, 2].all(x, x in self)", 41),
        ("{'a': 1}.size() == 1", 32),
    ] {
        assert_eq!(once(numbers(), rule), cost, "{rule}");
    }
    let rule = "self.exists(x, x == 'a')";
    assert_eq!(once(array(string(Some(10)), Some(10)), rule), 62);
}

/// However deep an expression is, reading it ends.
#[test]
fn deep_expressions_are_not_estimated() {
    let deep = [
        format!("{}self{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("{}self", "!".repeat(10_000)),
        format!("self{}", ".a".repeat(10_000)),
        format!("self{}", " + self".repeat(10_000)),
        format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)),
    ];
    for rule in deep {
        assert_eq!(once(string(None), &rule), 0);
    }
    let brackets = format!("{}self == 'a'{}", "(".repeat(49), ")".repeat(49));
    assert_eq!(once(string(None), &brackets), 2);
    let signs = format!("{}(self == 'a')", "!".repeat(140));
    assert_eq!(once(string(None), &signs), 142);
    let sums = format!("self{} == 'a'", " + self".repeat(140));
    assert!(once(string(Some(1)), &sums) > 140);
}

#[test]
fn functions_of_kubernetes_cost_by_what_they_go_through() {
    let strings = |most| array(string(most), most);
    for (rule, unbounded, bounded) in [
        ("self.join(' ') == 'aa bb'", 329_853_068_905, 43),
        ("self.isSorted() == true", 329_854_432_052, 52),
    ] {
        assert_eq!(once(strings(None), rule), unbounded, "{rule}");
        assert_eq!(once(strings(Some(10)), rule), bounded, "{rule}");
    }
    let replaced = |most| {
        let properties =
            json!({"str": string(most), "before": string(Some(2)), "after": string(Some(4))});
        json!({"type": "object", "properties": properties})
    };
    let rule = "self.str.replace(self.before, self.after) == 'does not matter'";
    assert_eq!(once(replaced(None), rule), 629_154);
    assert_eq!(once(replaced(Some(4)), rule), 12);
    let split = |most| {
        let properties = json!({"str": string(most), "separator": string(most)});
        json!({"type": "object", "properties": properties})
    };
    let rule = "self.str.split(self.separator) == []";
    assert_eq!(once(split(None), rule), 629_160);
    assert_eq!(once(split(Some(10)), rule), 22);
    let rule = "oldSelf.size() == self.size()";
    assert_eq!(once(map(typed("integer"), None), rule), 5);
}

/// What cannot be read, or is wrong by its types, costs nothing: it is refused for other reasons.
#[test]
fn what_is_not_known_is_not_estimated() {
    for rule in [
        "self +",
        "self + 1",
        "unknown(self)",
        "other == self",
        "'open",
        "self ? self : self ]",
        "self.field == 1",
        "[self].all(i, v, true)",
    ] {
        assert_eq!(once(string(None), rule), 0, "{rule}");
    }
    assert_eq!(
        once(
            json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
            "self.a == 1"
        ),
        0
    );
}
