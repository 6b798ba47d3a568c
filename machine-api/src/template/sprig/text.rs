//! Texts.

use serde_json::{Map, Value};

use super::{Body, exactly, list_of, number::int_of, string_of, text_of};

const LENGTH_MAX: usize = 1 << 20;

/// A function of one text.
fn one(arguments: &[Value], change: fn(&str) -> String) -> Result<Value, String> {
    let [text] = exactly(arguments)?;
    Ok(change(text_of(text)?).into())
}

/// A function of two texts.
fn two(arguments: &[Value], change: fn(&str, &str) -> Value) -> Result<Value, String> {
    let [a, b] = exactly(arguments)?;
    Ok(change(text_of(a)?, text_of(b)?))
}

fn split(separator: &str, text: &str) -> Vec<String> {
    // Without a separator Go gives the characters.
    if separator.is_empty() {
        return text.chars().map(String::from).collect();
    }
    text.split(separator).map(str::to_owned).collect()
}

fn indent(arguments: &[Value]) -> Result<String, String> {
    let [spaces, text] = exactly(arguments)?;
    let spaces = usize::try_from(int_of(spaces)).unwrap_or_default();
    let text = text_of(text)?;
    let lines = text.matches('\n').count() + 1;
    if spaces.saturating_mul(lines) > LENGTH_MAX {
        return Err("the text is too long".to_owned());
    }
    let pad = " ".repeat(spaces);
    Ok(format!("{pad}{}", text.replace('\n', &format!("\n{pad}"))))
}

fn capitals(text: &str, change: fn(char) -> String) -> String {
    let mut begins = true;
    let mut out = String::new();
    for c in text.chars() {
        if begins {
            out.push_str(&change(c));
        } else {
            out.push(c);
        }
        begins = c.is_whitespace();
    }
    out
}

/// A part of a text by bytes, which must not cut a character.
fn part(text: &str, start: usize, end: usize) -> Result<Value, String> {
    let end = end.min(text.len());
    let part = text.get(start.min(end)..end);
    let part = part.ok_or("a character would be cut")?;
    Ok(part.into())
}

fn quoted(arguments: &[Value], quote: impl Fn(String) -> String) -> Value {
    let values = arguments.iter().filter(|value| !value.is_null());
    let values: Vec<String> = values.map(|value| quote(string_of(value))).collect();
    values.join(" ").into()
}

/// Both parts of a path: what is before the last `/`, and what is after it.
fn path_parts(path: &str) -> (&str, &str) {
    match path.trim_end_matches('/').rsplit_once('/') {
        _ if path.is_empty() => (".", "."),
        _ if path.trim_end_matches('/').is_empty() => ("/", "/"),
        Some(("", base)) => ("/", base),
        Some((dir, base)) => (dir, base),
        None => (".", path.trim_end_matches('/')),
    }
}

pub(super) const FUNCTIONS: &[(&str, Body)] = &[
    ("upper", |arguments| one(arguments, str::to_uppercase)),
    ("lower", |arguments| one(arguments, str::to_lowercase)),
    ("trim", |arguments| {
        one(arguments, |text| text.trim().to_owned())
    }),
    ("nospace", |arguments| {
        one(arguments, |text| text.split_whitespace().collect())
    }),
    ("title", |arguments| {
        one(arguments, |text| {
            capitals(text, |c| c.to_uppercase().collect())
        })
    }),
    ("untitle", |arguments| {
        one(arguments, |text| {
            capitals(text, |c| c.to_lowercase().collect())
        })
    }),
    ("trimAll", |arguments| {
        two(arguments, |cut, text| {
            text.trim_matches(|c| cut.contains(c)).into()
        })
    }),
    ("trimPrefix", |arguments| {
        two(arguments, |prefix, text| {
            text.strip_prefix(prefix).unwrap_or(text).into()
        })
    }),
    ("trimSuffix", |arguments| {
        two(arguments, |suffix, text| {
            text.strip_suffix(suffix).unwrap_or(text).into()
        })
    }),
    ("contains", |arguments| {
        two(arguments, |part, text| text.contains(part).into())
    }),
    ("hasPrefix", |arguments| {
        two(arguments, |prefix, text| text.starts_with(prefix).into())
    }),
    ("hasSuffix", |arguments| {
        two(arguments, |suffix, text| text.ends_with(suffix).into())
    }),
    ("replace", |arguments| {
        let [old, new, text] = exactly(arguments)?;
        let (old, new, text) = (text_of(old)?, text_of(new)?, text_of(text)?);
        let times = text.matches(old).count();
        if times.saturating_mul(new.len()) > LENGTH_MAX {
            return Err("the text is too long".to_owned());
        }
        Ok(text.replace(old, new).into())
    }),
    ("repeat", |arguments| {
        let [times, text] = exactly(arguments)?;
        let times = usize::try_from(int_of(times)).unwrap_or_default();
        let text = text_of(text)?;
        if times.saturating_mul(text.len()) > LENGTH_MAX {
            return Err("the text is too long".to_owned());
        }
        Ok(text.repeat(times).into())
    }),
    ("substr", |arguments| {
        let [start, end, text] = exactly(arguments)?;
        let text = text_of(text)?;
        let place = |value: &Value, otherwise| usize::try_from(int_of(value)).unwrap_or(otherwise);
        part(text, place(start, 0), place(end, text.len()))
    }),
    ("trunc", |arguments| {
        let [length, text] = exactly(arguments)?;
        let (length, text) = (int_of(length), text_of(text)?);
        if let Ok(length) = usize::try_from(length) {
            return part(text, 0, length);
        }
        let kept = usize::try_from(length.unsigned_abs()).unwrap_or(usize::MAX);
        part(text, text.len().saturating_sub(kept), text.len())
    }),
    ("quote", |arguments| {
        Ok(quoted(arguments, |text| format!("{text:?}")))
    }),
    ("squote", |arguments| {
        Ok(quoted(arguments, |text| format!("'{text}'")))
    }),
    ("cat", |arguments| {
        let values = arguments.iter().filter(|value| !value.is_null());
        let values: Vec<String> = values.map(string_of).collect();
        Ok(values.join(" ").into())
    }),
    ("indent", |arguments| indent(arguments).map(Value::from)),
    ("nindent", |arguments| {
        indent(arguments).map(|text| format!("\n{text}").into())
    }),
    ("join", |arguments| {
        let [separator, list] = exactly(arguments)?;
        let items: Vec<String> = match list {
            Value::Array(items) => {
                let items = items.iter().filter(|item| !item.is_null());
                items.map(string_of).collect()
            }
            other => vec![string_of(other)],
        };
        Ok(items.join(text_of(separator)?).into())
    }),
    ("splitList", |arguments| {
        two(arguments, |separator, text| split(separator, text).into())
    }),
    ("split", |arguments| {
        two(arguments, |separator, text| {
            let parts = split(separator, text).into_iter().enumerate();
            let parts = parts.map(|(index, part)| (format!("_{index}"), part.into()));
            Value::Object(parts.collect::<Map<_, _>>())
        })
    }),
    ("sortAlpha", |arguments| {
        let [list] = exactly(arguments)?;
        let mut items: Vec<String> = list_of(list)?.iter().map(string_of).collect();
        items.sort();
        Ok(items.into())
    }),
    ("toStrings", |arguments| {
        let [list] = exactly(arguments)?;
        let items = list_of(list)?.iter().map(string_of);
        Ok(items.collect::<Vec<_>>().into())
    }),
    ("base", |arguments| {
        one(arguments, |path| path_parts(path).1.to_owned())
    }),
    ("dir", |arguments| {
        one(arguments, |path| path_parts(path).0.to_owned())
    }),
    ("ext", |arguments| {
        one(arguments, |path| {
            let base = path.rsplit('/').next().unwrap_or_default();
            base.rfind('.')
                .and_then(|dot| base.get(dot..))
                .unwrap_or_default()
                .to_owned()
        })
    }),
];
