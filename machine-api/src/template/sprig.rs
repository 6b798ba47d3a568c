//! Functions of the library sprig: those that always give the same for the same, as far as templates of ClusterClasses call
//! them. A function that is not here is refused when the template is read.

mod encode;
mod list;
mod map;
mod number;
mod semver;
mod text;

use serde_json::Value;

use super::{format::shown, function::truth};

/// What a function is: its arguments in, its value or what is wrong out.
type Body = fn(&[Value]) -> Result<Value, String>;

/// A function, by its place among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sprig(usize);

/// All functions, those of one file after those of another.
fn all() -> impl Iterator<Item = &'static (&'static str, Body)> {
    let files: [&[(&str, Body)]; 7] = [
        DEFAULTS,
        text::FUNCTIONS,
        number::FUNCTIONS,
        list::FUNCTIONS,
        map::FUNCTIONS,
        encode::FUNCTIONS,
        semver::FUNCTIONS,
    ];
    files.into_iter().flatten()
}

impl Sprig {
    pub(super) fn from_name(name: &str) -> Option<Self> {
        all().position(|(other, _)| *other == name).map(Self)
    }

    pub(super) fn name(self) -> &'static str {
        all().nth(self.0).map_or("", |(name, _)| name)
    }

    pub(super) fn call(self, arguments: &[Value]) -> Result<Value, String> {
        let body = all().nth(self.0).map(|(_, body)| body);
        body.map_or_else(|| Err("is not there".to_owned()), |body| body(arguments))
    }
}

const DEFAULTS: &[(&str, Body)] = &[
    ("default", |arguments| match arguments {
        [default] => Ok(default.clone()),
        [default, given] => Ok(if truth(given) { given } else { default }.clone()),
        _ => number_of(arguments, "one or two"),
    }),
    ("empty", |arguments| {
        let [value] = exactly(arguments)?;
        Ok((!truth(value)).into())
    }),
    ("coalesce", |arguments| {
        let found = arguments.iter().find(|value| truth(value));
        Ok(found.cloned().unwrap_or_default())
    }),
    ("all", |arguments| Ok(arguments.iter().all(truth).into())),
    ("any", |arguments| Ok(arguments.iter().any(truth).into())),
    ("ternary", |arguments| {
        let [yes, no, test] = exactly(arguments)?;
        match test {
            Value::Bool(test) => Ok(if *test { yes } else { no }.clone()),
            other => Err(wrong_type(other, "bool")),
        }
    }),
    ("fail", |arguments| {
        let [message] = exactly(arguments)?;
        Err(text_of(message)?.to_owned())
    }),
    ("deepEqual", |arguments| {
        let [a, b] = exactly(arguments)?;
        Ok((a == b).into())
    }),
    ("kindOf", |arguments| {
        let [value] = exactly(arguments)?;
        Ok(go_kind(value).into())
    }),
    ("kindIs", |arguments| {
        let [kind, value] = exactly(arguments)?;
        Ok((text_of(kind)? == go_kind(value)).into())
    }),
    ("toString", |arguments| {
        let [value] = exactly(arguments)?;
        Ok(string_of(value).into())
    }),
];

/// Just so many arguments.
fn exactly<const N: usize>(arguments: &[Value]) -> Result<&[Value; N], String> {
    arguments
        .try_into()
        .map_err(|_| format!("takes {N} arguments, not {}", arguments.len()))
}

fn number_of(arguments: &[Value], wanted: &str) -> Result<Value, String> {
    Err(format!("takes {wanted} arguments, not {}", arguments.len()))
}

fn wrong_type(value: &Value, wanted: &str) -> String {
    format!(
        "wrong type for value; expected {wanted}; got {}",
        go_type(value)
    )
}

/// An argument that has to be a text.
fn text_of(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| wrong_type(value, "string"))
}

/// An argument that has to be a list.
fn list_of(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| wrong_type(value, "a list"))
}

/// Any value as a text.
fn string_of(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        other => shown(other),
    }
}

fn go_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
        other => go_kind(other),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::template::{Missing, Template};

    fn filled(text: &str) -> Result<String, String> {
        let data = json!({
            "name": "web", "none": "", "version": "v1.36.2+build.1", "n": 4.0, "list": ["b", "a", "b"],
            "map": {"k": "v", "deep": {"er": 1.0}}, "on": true,
        });
        let template = Template::parse_sprig(text).map_err(|error| error.to_string())?;
        template
            .fill(&data, Missing::Nothing)
            .map_err(|error| error.to_string())
    }

    #[test]
    #[allow(clippy::too_many_lines, reason = "a table")]
    fn what_sprig_gives() {
        for (text, wanted) in [
            (
                "{{ .none | default \"x\" }}{{ .name | default \"x\" }}{{ .nope | default 3 }}",
                "xweb3",
            ),
            (
                "{{ coalesce .nope .none .name }}{{ empty .none }}",
                "webtrue",
            ),
            ("{{ ternary \"a\" \"b\" .on }}", "a"),
            (
                "{{ .name | upper | quote }} {{ squote .name 1 }}",
                "\"WEB\" 'web' '1'",
            ),
            (
                "{{ .version | replace \"+\" \"_\" | trimPrefix \"v\" }}",
                "1.36.2_build.1",
            ),
            (
                "{{ trim \"  a \" }}{{ trimSuffix \"b\" \"ab\" }}{{ trimAll \"-\" \"-c-\" }}",
                "aac",
            ),
            (
                "{{ trunc 2 .name }}{{ trunc -1 .name }}{{ substr 1 2 .name }}",
                "webe",
            ),
            (
                "{{ contains \"e\" .name }} {{ hasPrefix \"w\" .name }} {{ hasSuffix \"w\" .name }}",
                "true true false",
            ),
            (
                "{{ join \",\" .list }}|{{ splitList \",\" \"a,b\" | last }}|{{ (split \".\" \"a.b\")._1 }}",
                "b,a,b|b|b",
            ),
            (
                "{{ repeat 2 \"ab\" }}{{ cat \"a\" 1 nil \"b\" }}",
                "ababa 1 b",
            ),
            (
                "{{ indent 2 \"a\\nb\" }}{{ nindent 1 \"c\" }}",
                "  a\n  b\n c",
            ),
            (
                "{{ title \"ab cd\" }} {{ untitle \"Ab\" }} {{ nospace \"a b\" }}",
                "Ab Cd ab ab",
            ),
            (
                "{{ add 1 .n \"2\" }} {{ sub 5 2 }} {{ mul 2 3 4 }} {{ div 7 2 }} {{ mod 7 4 }} {{ add1 1 }}",
                "7 3 24 3 3 2",
            ),
            (
                "{{ max 1 3 2 }} {{ min 1 .n }} {{ int .n }} {{ int64 \"7\" }} {{ atoi \"x\" }} {{ float64 3 }}",
                "3 1 4 7 0 3",
            ),
            (
                "{{ floor 1.7 }} {{ ceil 1.2 }} {{ round 1.256 2 }}",
                "1 2 1.26",
            ),
            (
                "{{ until 3 }} {{ untilStep 4 0 -2 }} {{ seq 1 3 }}",
                "[0 1 2] [4 2] 1 2 3",
            ),
            (
                "{{ .list | uniq | sortAlpha | join \"\" }} {{ has \"a\" .list }} {{ without .list \"b\" }}",
                "ab true [a]",
            ),
            (
                "{{ first .list }}{{ rest .list }}{{ initial .list }}{{ reverse .list }}",
                "b[a b][b a][b a b]",
            ),
            (
                "{{ append .list 1 }} {{ prepend .list 2 }} {{ concat .list (list 1) }} {{ compact (list 0 1 \"\") }}",
                "[b a b 1] [2 b a b] [b a b 1] [1]",
            ),
            (
                "{{ get .map \"k\" }}{{ get .map \"x\" }}{{ hasKey .map \"k\" }}{{ keys .map }}",
                "vtrue[deep k]",
            ),
            (
                "{{ dig \"deep\" \"er\" 9 .map }} {{ dig \"deep\" \"no\" 9 .map }}",
                "1 9",
            ),
            (
                "{{ dict \"a\" 1 | toJson }} {{ merge (dict \"a\" 1) (dict \"a\" 2 \"b\" 3) | toJson }}",
                "{\"a\":1} {\"a\":1,\"b\":3}",
            ),
            (
                "{{ pick .map \"k\" | toJson }} {{ omit .map \"k\" | toJson }} {{ pluck \"k\" .map }}",
                "{\"k\":\"v\"} {\"deep\":{\"er\":1}} [v]",
            ),
            (
                "{{ b64enc .name }} {{ b64dec \"d2Vi\" }} {{ (fromJson \"{\\\"a\\\": 2}\").a }}",
                "d2Vi web 2",
            ),
            ("{{ toJson \"<a>\" }}", "\"\\u003ca\\u003e\""),
            (
                "{{ semverCompare \"^1.22.0\" .version }} {{ semverCompare \"< v1.25-0\" \"v1.24.3\" }} {{ (semver .version).Minor }}",
                "true true 36",
            ),
            (
                "{{ kindOf .n }} {{ kindIs \"slice\" .list }} {{ toString .n }} {{ deepEqual .list .list }}",
                "float64 true 4 true",
            ),
            (
                "{{ base \"/a/b.c\" }} {{ dir \"/a/b.c\" }} {{ ext \"/a/b.c\" }}",
                "b.c /a .c",
            ),
        ] {
            assert_eq!(filled(text).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, wanted) in [
            (
                "{{ upper .n }}",
                "1:4: upper: wrong type for value; expected string; got float64",
            ),
            (
                "{{ upper .nope }}",
                "1:4: upper: wrong type for value; expected string; got <nil>",
            ),
            ("{{ div 1 0 }}", "1:4: div: division by zero"),
            ("{{ fail \"no\" }}", "1:4: fail: no"),
            (
                "{{ repeat 999999999 \"ab\" }}",
                "1:4: repeat: the text is too long",
            ),
            ("{{ until 999999999 }}", "1:4: until: the list is too long"),
            (
                "{{ randAlpha 3 }}",
                "1:4: function \"randAlpha\" is not defined",
            ),
            (
                "{{ semverCompare \"x y\" \"1.0.0\" }}",
                "1:4: semverCompare: improper constraint: x y",
            ),
            (
                "{{ get .list \"k\" }}",
                "1:4: get: wrong type for value; expected a map; got []interface {}",
            ),
        ] {
            assert_eq!(filled(text), Err(wanted.to_owned()), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_call_breaks_it(name in 0..200_usize, arguments in proptest::collection::vec("[0-9]{1,3}|-[0-9]|nil|true|1\\.5|\"[a-c.]{0,3}\"|\\.(list|map|n|nope)", 0..4)) {
            let name = super::all().nth(name).map_or("list", |(name, _)| *name);
            let _ = filled(&format!("{{{{ {name} {} }}}}", arguments.join(" ")));
        }
    }
}
