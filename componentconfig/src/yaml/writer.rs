//! Values as YAML text, byte for byte as `sigs.k8s.io/yaml` writes them.
//!
//! Lists stand at the indentation of their key, maps two blanks in, keys in the order of `keys`; plain and quoted
//! scalars are folded after column 80, texts of several lines are literal blocks.

mod keys;
mod style;

use serde_json::{Map, Number, Value};

use crate::quote::float;
use style::{Form, Style};

/// A line that is longer than this is broken at its next blank.
const WIDTH: usize = 80;

/// A key with more bytes than this gets a line of its own.
const SIMPLE_KEY: usize = 128;

pub(super) fn write(value: &Value, out: &mut String) {
    let mut writer = Writer {
        out,
        column: 0,
        after_blank: true,
        in_indentation: true,
    };
    writer.node(value, None, Context::Root);
    writer.indent(0);
}

/// What a node is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Context {
    Root,
    Item,
    Value,
}

#[derive(Debug)]
struct Writer<'a> {
    out: &'a mut String,
    /// Characters in the line so far.
    column: usize,
    /// Whether what was written last needs no blank behind it.
    after_blank: bool,
    /// Whether the line holds only blanks and the signs of lists so far.
    in_indentation: bool,
}

impl Writer<'_> {
    /// `indent` is that of the collection around; none at the root.
    fn node(&mut self, value: &Value, indent: Option<usize>, context: Context) {
        match value {
            Value::Object(map) if map.is_empty() => self.sign("{}", true),
            Value::Array(items) if items.is_empty() => self.sign("[]", true),
            Value::Object(map) => self.map(map, indent.map_or(0, |indent| indent + 2)),
            Value::Array(items) => {
                let beside_key = context == Context::Value && !self.in_indentation;
                let deeper = if beside_key { 0 } else { 2 };
                self.list(items, indent.map_or(0, |indent| indent + deeper));
            }
            scalar => {
                let indent = indent.unwrap_or(0) + 2;
                self.scalar(scalar, if context == Context::Root { 2 } else { indent });
            }
        }
    }

    fn list(&mut self, items: &[Value], indent: usize) {
        for item in items {
            self.indent(indent);
            self.sign("-", true);
            self.in_indentation = true;
            self.node(item, Some(indent), Context::Item);
        }
    }

    fn map(&mut self, map: &Map<String, Value>, indent: usize) {
        for (key, value) in keys::sorted(map) {
            self.indent(indent);
            if key.len() <= SIMPLE_KEY && !key.contains(style::is_break) {
                self.text(key, None);
                self.sign(":", false);
            } else {
                self.sign("?", true);
                self.in_indentation = true;
                self.text(key, Some(indent + 2));
                self.indent(indent);
                self.sign(":", true);
                self.in_indentation = true;
            }
            self.node(value, Some(indent), Context::Value);
        }
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Null => self.plain("null", None),
            Value::Bool(true) => self.plain("true", None),
            Value::Bool(false) => self.plain("false", None),
            Value::Number(number) => self.plain(&number_text(number), None),
            Value::String(text) => self.text(text, Some(indent)),
            Value::Array(_) | Value::Object(_) => {}
        }
    }

    /// Without `indent` the text is a key that stays on its line.
    fn text(&mut self, text: &str, indent: Option<usize>) {
        match Style::of(text, indent.is_none()) {
            Style::Plain => self.plain(text, indent),
            Style::Single => self.single(text, indent),
            Style::Double => self.double(text, indent),
            Style::Literal => self.literal(text, indent.unwrap_or(0)),
        }
    }

    fn plain(&mut self, text: &str, indent: Option<usize>) {
        self.blank_before();
        self.folded(text, indent, Form::Plain);
        self.end_of_scalar();
    }

    fn single(&mut self, text: &str, indent: Option<usize>) {
        self.sign("'", true);
        self.folded(text, indent, Form::Single);
        self.sign("'", false);
        self.end_of_scalar();
    }

    /// Plain or in single quotes: lines are broken where a single blank is, which a reader puts back.
    fn folded(&mut self, text: &str, indent: Option<usize>, form: Form) {
        if form == Form::Plain && !text.is_empty() && !text.contains(' ') {
            self.out.push_str(text);
            self.column += text.chars().count();
            self.in_indentation = false;
            return;
        }
        let mut chars = text.chars().enumerate().peekable();
        let last = text.chars().count().saturating_sub(1);
        let mut after_blank = false;
        while let Some((at, c)) = chars.next() {
            let next_is_blank = chars.peek().is_some_and(|(_, next)| *next == ' ');
            let inner = form == Form::Plain || (at > 0 && at < last);
            match indent {
                Some(indent)
                    if c == ' '
                        && !after_blank
                        && self.column > WIDTH
                        && inner
                        && !next_is_blank =>
                {
                    self.indent(indent);
                }
                _ => {
                    if c == '\'' && form == Form::Single {
                        self.put('\'');
                    }
                    self.put(c);
                }
            }
            after_blank = c == ' ';
            if !after_blank {
                self.in_indentation = false;
            }
        }
    }

    fn double(&mut self, text: &str, indent: Option<usize>) {
        self.sign("\"", true);
        let mut chars = text.chars().enumerate().peekable();
        let last = text.chars().count().saturating_sub(1);
        let escape_all = text.starts_with('\u{feff}');
        let mut after_blank = false;
        while let Some((at, c)) = chars.next() {
            if escape_all || style::needs_escape(c) {
                let escaped = style::escape(c);
                self.column += escaped.chars().count();
                self.out.push_str(&escaped);
                after_blank = false;
                continue;
            }
            match indent {
                Some(indent)
                    if c == ' ' && !after_blank && self.column > WIDTH && at > 0 && at < last =>
                {
                    self.indent(indent);
                    if chars.peek().is_some_and(|(_, next)| *next == ' ') {
                        self.put('\\');
                    }
                }
                _ => self.put(c),
            }
            after_blank = c == ' ';
        }
        self.sign("\"", false);
        self.end_of_scalar();
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.sign("|", true);
        if text.starts_with([' ', '\n']) {
            self.sign("2", false);
        }
        match text.strip_suffix('\n') {
            None => self.sign("-", false),
            Some(rest) if rest.is_empty() || rest.ends_with('\n') => self.sign("+", false),
            Some(_) => {}
        }
        self.line_break();
        self.in_indentation = true;
        self.after_blank = true;
        for line in text.split_inclusive('\n') {
            let content = line.strip_suffix('\n');
            if content != Some("") {
                self.indent(indent);
                self.out.push_str(content.unwrap_or(line));
                self.column += content.unwrap_or(line).chars().count();
                self.in_indentation = false;
            }
            if content.is_some() {
                self.line_break();
                self.in_indentation = true;
            }
        }
    }

    /// Goes to a new line unless nothing but indentation is on this one, and indents it.
    fn indent(&mut self, indent: usize) {
        let new_line = !self.in_indentation
            || self.column > indent
            || (self.column == indent && !self.after_blank);
        if new_line {
            self.line_break();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.after_blank = true;
        self.in_indentation = true;
    }

    fn sign(&mut self, sign: &str, apart: bool) {
        if apart {
            self.blank_before();
        }
        self.out.push_str(sign);
        self.column += sign.len();
        self.end_of_scalar();
    }

    fn blank_before(&mut self) {
        if !self.after_blank {
            self.put(' ');
        }
    }

    fn end_of_scalar(&mut self) {
        self.after_blank = false;
        self.in_indentation = false;
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }
}

/// Floats that are whole are printed as integers while 64 bits hold them: upstream goes through JSON text.
fn number_text(number: &Number) -> String {
    let Some(value) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    if value == 0.0 {
        return "0".to_owned();
    }
    let digits = value.to_string();
    if digits.parse::<i64>().is_ok() || digits.parse::<u64>().is_ok() {
        return digits;
    }
    float(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(value: &Value) -> String {
        let mut out = String::new();
        write(value, &mut out);
        out
    }

    #[test]
    fn collections() {
        let value = json!({"k": ["a", ["b", ["c"]], {"d": ["e"], "f": 1}, [], {}, [{}], [[]]], "m": {"p": {"o": null}}});
        assert_eq!(
            written(&value),
            "k:\n- a\n- - b\n  - - c\n- d:\n  - e\n  f: 1\n- []\n- {}\n- - {}\n- - []\nm:\n  p:\n    o: null\n"
        );
        assert_eq!(written(&json!([1, [2, 3]])), "- 1\n- - 2\n  - 3\n");
        assert_eq!(written(&json!({})), "{}\n");
        assert_eq!(written(&json!([])), "[]\n");
        assert_eq!(written(&json!("x")), "x\n");
        assert_eq!(written(&json!("a\nb")), "|-\n  a\n  b\n");
    }

    #[test]
    fn long_texts_are_folded() {
        let words = "word ".repeat(20);
        let line = "word ".repeat(16);
        assert_eq!(
            written(&json!({"k": words.trim_end()})),
            format!("k: {}\n  word word word word\n", line.trim_end())
        );
        assert_eq!(
            written(&json!({"k": words})),
            format!("k: '{}\n  word word word word '\n", line.trim_end())
        );
    }

    #[test]
    fn long_keys_stand_alone() {
        let key = "x".repeat(129);
        assert_eq!(
            written(&json!({ key.clone(): [1] })),
            format!("? {key}\n: - 1\n")
        );
        assert_eq!(written(&json!({"a\nb": 1})), "? |-\n  a\n  b\n: 1\n");
    }

    #[test]
    fn blocks_say_how_they_end_and_begin() {
        for (text, block) in [
            ("a\nb", "|-\n  a\n  b\n"),
            ("a\nb\n", "|\n  a\n  b\n"),
            ("a\n\n", "|+\n  a\n\n"),
            ("\n a", "|2-\n\n   a\n"),
            ("\n", "|2+\n\n"),
            ("a \nb", "\"a \\nb\"\n"),
        ] {
            assert_eq!(
                written(&json!({ "k": text })),
                format!("k: {block}"),
                "{text:?}"
            );
        }
        assert_eq!(
            written(&json!({"k": ["x\ny\n", "z"]})),
            "k:\n- |\n  x\n  y\n- z\n"
        );
    }

    #[test]
    fn numbers() {
        for (value, text) in [
            (json!(1.0), "1"),
            (json!(-0.0), "0"),
            (json!(1e6), "1000000"),
            (json!(1e19), "10000000000000000000"),
            (json!(1e20), "1e+20"),
            (json!(0.000_001), "1e-06"),
            (json!(1_234_567.5), "1.2345675e+06"),
            (json!(u64::MAX), "18446744073709551615"),
            (json!(i64::MIN), "-9223372036854775808"),
        ] {
            assert_eq!(written(&value), format!("{text}\n"));
        }
    }
}
