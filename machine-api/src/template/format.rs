//! Values as Go's package fmt writes them.

use std::fmt::Write as _;

use serde_json::Value;

/// A value as the verb `%v` writes it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(shown).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(fields) => {
            // serde_json's maps are sorted unless a feature of somebody else makes them keep their order.
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            let fields: Vec<_> = fields
                .into_iter()
                .map(|(name, value)| format!("{name}:{}", shown(value)))
                .collect();
            format!("map[{}]", fields.join(" "))
        }
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => shown_float(float),
            None => number.to_string(),
        },
        Value::Bool(value) => value.to_string(),
    }
}

/// A float as the verb `%g` writes it: as short as it can be read back, with an exponent from a million on.
pub(super) fn shown_float(float: f64) -> String {
    let scientific = format!("{float:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let Ok(exponent) = exponent.parse::<i32>() else {
        return scientific;
    };
    if (-4..6).contains(&exponent) {
        return float.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// The values with a blank between two that are no strings.
pub(super) fn print(values: &[Value]) -> String {
    let mut out = String::new();
    let mut before_is_string = true;
    for value in values {
        if !before_is_string && !value.is_string() {
            out.push(' ');
        }
        before_is_string = value.is_string();
        out.push_str(&shown(value));
    }
    out
}

/// The values with a blank between each two, and the end of the line.
pub(super) fn println(values: &[Value]) -> String {
    let values: Vec<_> = values.iter().map(shown).collect();
    format!("{}\n", values.join(" "))
}

/// Formats as `Printf`, with the verbs `v`, `s`, `q`, `d`, `f`, `g` and `t`, the flags `-` and `0`, a width and a precision. What does not
/// fit is written into the text, as Go does.
pub(super) fn printf(pattern: &str, values: &[Value]) -> String {
    let mut out = String::new();
    let mut values = values.iter();
    let mut rest = pattern;
    while let Some((text, directive)) = rest.split_once('%') {
        out.push_str(text);
        let (spec, verb, after) = Spec::read(directive);
        rest = after;
        // Writing to a String cannot fail.
        let _ = match verb {
            None => out.write_str("%!(NOVERB)"),
            Some('%') => out.write_char('%'),
            Some(verb) => match values.next() {
                None => write!(out, "%!{verb}(MISSING)"),
                Some(value) => out.write_str(&spec.format(verb, value)),
            },
        };
    }
    out.push_str(rest);
    let extra: Vec<_> = values.map(typed).collect();
    if !extra.is_empty() {
        let _ = write!(out, "%!(EXTRA {})", extra.join(", "));
    }
    out
}

#[derive(Default)]
struct Spec {
    left: bool,
    zeros: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// Wider than this no name is; Go's own limit is a million.
const WIDTH_MAX: usize = 1000;

impl Spec {
    /// What stands between `%` and the verb, the verb, and what follows it.
    fn read(text: &str) -> (Self, Option<char>, &str) {
        let mut spec = Self::default();
        let mut rest = text;
        while let Some(flag) = rest.chars().next().filter(|c| "-0+# ".contains(*c)) {
            spec.left |= flag == '-';
            spec.zeros |= flag == '0';
            rest = rest.get(1..).unwrap_or_default();
        }
        (spec.width, rest) = digits(rest);
        if let Some(after) = rest.strip_prefix('.') {
            let (precision, after) = digits(after);
            spec.precision = Some(precision.unwrap_or(0));
            rest = after;
        }
        let mut characters = rest.chars();
        let verb = characters.next();
        (spec, verb, characters.as_str())
    }

    fn format(&self, verb: char, value: &Value) -> String {
        let text = match (verb, value) {
            ('s' | 'v', Value::String(text)) => self.cut(text),
            ('q', Value::String(text)) => format!("{:?}", self.cut(text)),
            ('f', Value::Number(number)) if number.is_f64() => {
                let precision = self.precision.unwrap_or(6);
                format!("{:.precision$}", number.as_f64().unwrap_or_default())
            }
            ('v' | 'g', Value::Number(number)) if number.is_f64() => shown(value),
            ('d' | 'v', Value::Number(number)) if !number.is_f64() => {
                self.digits_of(&number.to_string())
            }
            ('t' | 'v', Value::Bool(_)) | ('v', _) => shown(value),
            _ => return format!("%!{verb}({})", typed(value)),
        };
        self.pad(text, value.is_number())
    }

    fn cut(&self, text: &str) -> String {
        text.chars()
            .take(self.precision.unwrap_or(usize::MAX))
            .collect()
    }

    fn digits_of(&self, number: &str) -> String {
        let Some(precision) = self.precision else {
            return number.to_owned();
        };
        let (sign, digits) = match number.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", number),
        };
        format!("{sign}{digits:0>precision$}")
    }

    fn pad(&self, text: String, number: bool) -> String {
        let width = self.width.unwrap_or(0);
        let missing = width.saturating_sub(text.chars().count());
        if missing == 0 {
            return text;
        }
        if self.left {
            return text + &" ".repeat(missing);
        }
        if !self.zeros || (number && self.precision.is_some()) {
            return " ".repeat(missing) + &text;
        }
        let zeros = "0".repeat(missing);
        match text.strip_prefix('-').filter(|_| number) {
            Some(digits) => format!("-{zeros}{digits}"),
            None => zeros + &text,
        }
    }
}

fn digits(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    if digits.is_empty() {
        return (None, rest);
    }
    let number = digits.parse().unwrap_or(WIDTH_MAX);
    (Some(number.min(WIDTH_MAX)), rest)
}

/// A value with its Go type, as Go's complaints have it.
fn typed(value: &Value) -> String {
    let name = match value {
        Value::Null => return "<nil>".to_owned(),
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    };
    format!("{name}={}", shown(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn directives() {
        for (pattern, values, text) in [
            ("%s-%v", json!(["a", 1]), "a-1"),
            (
                "%5s|%-5s|%05d|%.2s",
                json!(["a", "b", -3, "abc"]),
                "    a|b    |-0003|ab",
            ),
            ("%q %t %%", json!(["a", true]), "\"a\" true %"),
            ("%d", json!(["a"]), "%!d(string=a)"),
            ("%s", json!([]), "%!s(MISSING)"),
            ("a", json!(["b", 1]), "a%!(EXTRA string=b, int=1)"),
            ("a%", json!([]), "a%!(NOVERB)"),
            ("%.3d|%6.3d", json!([7, -7]), "007|  -007"),
        ] {
            let values = values.as_array().unwrap();
            assert_eq!(printf(pattern, values), text, "{pattern}");
        }
    }
}
