//! Templates in the language of Go's `text/template`, as names of objects and patches of a ClusterClass are written in it.
//!
//! What is there: text, comments, trimming with `{{-` and `-}}`, fields (`.cluster.name`), variables, strings, numbers, `true`,
//! `false` and `nil`, pipelines and parentheses, `if`, `with`, `range`, `else`, `break`, `continue`, `end`, and the functions
//! `and`, `eq`, `ge`, `gt`, `index`, `le`, `len`, `lt`, `ne`, `not`, `or`, `print`, `printf`, `println` and `slice`.
//! [`Template::parse_sprig`] adds those functions of the library sprig that always give the same for the same. What is not there
//! (`define`, `template`, `block`, regular expressions, certificates) is refused when the template is read, never ignored.

mod eval;
mod format;
mod function;
mod parse;
mod sprig;
mod tree;

use std::fmt;

use serde_json::Value;

use self::tree::Node;

/// A template that was read.
///
/// ```
/// use machine_api::template::Template;
/// use serde_json::json;
///
/// let template = Template::parse("{{ .cluster.name }}-{{ slice .random 0 3 }}")?;
/// let data = json!({"cluster": {"name": "prod"}, "random": "zzzzz"});
/// assert_eq!(template.render(&data)?, "prod-zzz");
///
/// let error = Template::parse("{{ .nope }}")?.render(&data).unwrap_err();
/// assert_eq!(error.to_string(), "1:4: the data has no field \"nope\"");
/// # Ok::<(), machine_api::template::TemplateError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    text: String,
    nodes: Vec<Node>,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// It is malformed, or uses what is not supported here.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        Self::of(text, Dialect::Go)
    }

    /// Reads a template that may call functions of sprig.
    ///
    /// ```
    /// use machine_api::template::{Missing, Template};
    /// use serde_json::json;
    ///
    /// let template = Template::parse_sprig("{{ .version | replace \"+\" \"_\" | quote }}{{ .nope | default \"!\" }}")?;
    /// assert_eq!(template.fill(&json!({"version": "v1.36.0+a"}), Missing::Nothing)?, "\"v1.36.0_a\"!");
    /// # Ok::<(), machine_api::template::TemplateError>(())
    /// ```
    ///
    /// # Errors
    /// It is malformed, or uses what is not supported here.
    pub fn parse_sprig(text: &str) -> Result<Self, TemplateError> {
        Self::of(text, Dialect::Sprig)
    }

    fn of(text: &str, dialect: Dialect) -> Result<Self, TemplateError> {
        let nodes = parse::parse(text, dialect).map_err(|fault| fault.within(text))?;
        Ok(Self {
            text: text.to_owned(),
            nodes,
        })
    }

    /// The text that was read.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Fills the template; what the data has not is an error.
    ///
    /// # Errors
    /// The data has not what the template asks for, or not of the kind that is needed.
    pub fn render(&self, data: &Value) -> Result<String, TemplateError> {
        self.fill(data, Missing::Error)
    }

    /// Fills the template.
    ///
    /// # Errors
    /// The data has not what the template needs, or not of the kind that is needed; or a function fails.
    pub fn fill(&self, data: &Value, missing: Missing) -> Result<String, TemplateError> {
        let mut out = String::new();
        eval::render(&self.nodes, data, missing, &mut out)
            .map_err(|fault| fault.within(&self.text))?;
        Ok(out)
    }
}

/// What a field is that the data has not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// An error, as with the option `missingkey=error`.
    Error,
    /// Nothing, which is written `<no value>`.
    Nothing,
}

/// Which functions there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dialect {
    /// Those of the language.
    Go,
    /// Those of sprig, too.
    Sprig,
}

/// What is wrong with a template, or with filling it, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TemplateError {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub problem: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.problem)
    }
}

impl std::error::Error for TemplateError {}

/// What is wrong at a byte of the text.
#[derive(Debug)]
struct Fault {
    at: usize,
    problem: String,
}

impl Fault {
    fn new(at: usize, problem: impl Into<String>) -> Self {
        Self {
            at,
            problem: problem.into(),
        }
    }

    fn within(self, text: &str) -> TemplateError {
        let before = text.get(..self.at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        TemplateError {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            problem: self.problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn render(text: &str) -> Result<String, String> {
        let data =
            json!({"cluster": {"name": "c1"}, "random": "zzzzz", "n": 3, "on": true, "none": ""});
        let template = Template::parse(text).map_err(|error| error.to_string())?;
        template.render(&data).map_err(|error| error.to_string())
    }

    #[test]
    fn what_go_renders() {
        for (text, rendered) in [
            ("plain", "plain"),
            ("{{ .cluster.name }}-{{.random}}", "c1-zzzzz"),
            ("a {{- .random -}} b", "azzzzzb"),
            ("a {{- /* nothing */ -}} b{{/* or */}}c", "abc"),
            ("{{ \"a\\n\\u00e9\" }}{{ `raw\\n` }}", "a\n\u{e9}raw\\n"),
            ("{{ printf \"%s-%s\" .cluster.name .random }}", "c1-zzzzz"),
            ("{{ .random | printf \"%s-%s\" .cluster.name }}", "c1-zzzzz"),
            ("{{ (slice .random 1 3) }}{{ slice .random 4 }}", "zzz"),
            (
                "{{ len .cluster.name }}{{ 7 }}{{ true }}{{ -1 }}",
                "27true-1",
            ),
            ("{{ index .cluster \"name\" }}", "c1"),
            (
                "{{ if .none }}a{{ else if eq .n 3 }}b{{ else }}c{{ end }}",
                "b",
            ),
            ("{{ if and .on (gt .n 2) }}yes{{ end }}", "yes"),
            ("{{ or .none .random }}|{{ and .none .nope }}", "zzzzz|"),
            ("{{ not .none }}", "true"),
            (
                "{{ eq .random \"a\" \"zzzzz\" }} {{ ne .n 4 }} {{ lt \"a\" \"b\" }}",
                "true true true",
            ),
            (
                "{{ print .n .n \"x\" .n }}|{{ println .n \"x\" }}",
                "3 3x3|3 x\n",
            ),
            ("{{ .cluster }}", "map[name:c1]"),
            (
                "{{ 1.5 }} {{ 4.0 }} {{ 1e6 }} {{ 1.25e-7 }}",
                "1.5 4 1e+06 1.25e-07",
            ),
            ("{{ range .n }}{{ . }},{{ end }}", "0,1,2,"),
            (
                "{{ range $k, $v := .cluster }}{{ $k }}={{ $v }}{{ else }}none{{ end }}",
                "name=c1",
            ),
            ("{{ range .none }}x{{ else }}none{{ end }}|", "!"),
            (
                "{{ range $i := .n }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $i }}{{ end }}",
                "02",
            ),
            (
                "{{ range .n }}{{ if eq . 1 }}{{ break }}{{ end }}{{ . }}{{ end }}",
                "0",
            ),
            (
                "{{ $x := 1 }}{{ if .on }}{{ $x = 2 }}{{ end }}{{ $x }}{{ $.n }}",
                "23",
            ),
            (
                "{{ with .cluster }}{{ .name }}{{ end }}{{ with .none }}x{{ else with .n }}{{ . }}{{ end }}",
                "c13",
            ),
            ("{{ .\n cluster.name }}", ""),
        ] {
            if rendered.is_empty() || rendered == "!" {
                assert!(render(text).is_err(), "{text}");
                continue;
            }
            assert_eq!(render(text).as_deref(), Ok(rendered), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (text, message) in [
            ("{{ .random }", "1:12: unexpected '}'"),
            ("{{ .random", "1:11: the action is not closed"),
            ("a\n {{ .nope }}", "2:5: the data has no field \"nope\""),
            ("{{ .cluster.name.x }}", "1:17: a string has no field \"x\""),
            ("{{ nope }}", "1:4: function \"nope\" is not defined"),
            (
                "{{ define \"x\" }}{{ end }}",
                "1:4: \"define\" is not supported",
            ),
            ("{{ $x }}", "1:4: variable \"$x\" is not defined"),
            (
                "{{ if .n }}{{ $x := 1 }}{{ end }}{{ $x }}",
                "1:37: variable \"$x\" is not defined",
            ),
            (
                "{{ range .random }}{{ end }}",
                "1:10: a string has no items",
            ),
            ("{{ range .n }}", "1:15: a \"range\" is not closed"),
            ("{{ break }}", "1:4: \"break\" is not within a loop"),
            (
                "{{ upper .random }}",
                "1:4: function \"upper\" is not defined",
            ),
            ("{{ }}", "1:4: a value is missing"),
            ("{{ .random | }}", "1:14: a value is missing"),
            (
                "{{ .random .n }}",
                "1:4: a value that is no function takes no arguments",
            ),
            ("{{ \"a }}", "1:4: the string is not closed"),
            ("{{ if .n }}", "1:12: an \"if\" is not closed"),
            ("{{ end }}", "1:4: unexpected \"end\""),
            (
                "{{ slice .random 3 9 }}",
                "1:4: slice: 3 to 9 is not within 5 bytes",
            ),
            (
                "{{ eq .n \"3\" }}",
                "1:4: eq: a number and a string cannot be compared",
            ),
            ("{{/* open }}", "1:3: the comment is not closed"),
            ("{{/* open */ }}", "1:3: the comment is not closed"),
            ("{{ /* late */}}", "1:4: unexpected '/'"),
            ("{{ .n }}{{ else }}", "1:12: unexpected \"else\""),
            (
                "{{ if .n }}{{ else }}{{ else }}",
                "1:25: unexpected \"else\"",
            ),
            ("{{ \"\\xff\" }}", "1:5: an escape that no string has"),
            ("{{ 1.5.2 }}", "1:4: \"1.5.2\" is no number"),
            (
                "{{ eq .n 3.0 }}",
                "1:4: eq: a number and a number cannot be compared",
            ),
            ("{{ \"a\"\"b\" }}", "1:7: unexpected '\"'"),
        ] {
            assert_eq!(render(text), Err(message.to_owned()), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{{{{ {} .n }}}}", "(".repeat(100_000));
        assert!(render(&deep).unwrap_err().contains("nested too deeply"));
        let deep = "{{ if .n }}".repeat(100_000);
        assert!(render(&deep).unwrap_err().contains("nested too deeply"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "(\\{\\{|\\}\\}|-|[ .a|()\"`$=:,]|if|else|end|range|with|break|printf|len|.n|%[0-9.]*[svdq]){0,24}") {
            let _ = render(&text);
        }

        #[test]
        fn text_without_actions_is_itself(text in "[^{]{0,40}") {
            prop_assert_eq!(render(&text), Ok(text));
        }

        #[test]
        fn a_quoted_string_is_itself(text in "[^\\\\\"{}\\n\\r]{0,20}") {
            let template = format!("{{{{ \"{text}\" }}}}");
            prop_assert_eq!(render(&template), Ok(text));
        }
    }
}
