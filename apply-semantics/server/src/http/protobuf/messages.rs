//! The messages of built-in kinds.
//!
//! The data is `messages.txt`, a line a message: `group.version.Name`, then its fields: `number:name:type`, or `number:^@Name` for
//! a struct that Go embeds, whose fields stand in the object around it. Types: `s` string, `i` integer, `b` boolean, `f` double,
//! `y` bytes, `t` time, `u` time with microseconds, `q` quantity, `x` integer or string, `r` raw JSON, `w` list of strings in a
//! message of its own, `A`, `B`, `S` a JSON schema or a list of them, a boolean, or a list of strings; `[` and `{` stand before the
//! type of the elements of a list or map, `@` before the name of a message, without group and version if they are the same.
//! An asterisk marks what JSON holds even if it is zero.

use std::{collections::HashMap, sync::LazyLock};

/// A message: its fields by number.
#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) fields: Vec<Field>,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u64,
    /// Empty if the fields of the message stand in the object around it.
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// The zero value is written too.
    pub(super) keeps_zero: bool,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    String,
    Integer,
    Boolean,
    Double,
    Bytes,
    Time,
    MicroTime,
    Quantity,
    IntOrString,
    Raw,
    Strings,
    SchemaOrList,
    SchemaOrBoolean,
    SchemaOrStrings,
    /// The whole name of a message.
    Message(String),
    List(Box<Form>),
    Map(Box<Form>),
}

impl Message {
    pub(super) fn field(&self, number: u64) -> Option<&Field> {
        self.fields.iter().find(|field| field.number == number)
    }
}

/// The message of that name, such as `core.v1.Pod`.
pub(super) fn named(name: &str) -> Option<&'static Message> {
    static MESSAGES: LazyLock<HashMap<&'static str, Message>> = LazyLock::new(|| {
        let lines = include_str!("messages.txt").lines();
        lines.map(message).collect()
    });
    MESSAGES.get(name)
}

/// The message of a kind.
pub(super) fn of_kind(api_version: &str, kind: &str) -> Option<&'static Message> {
    let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
    let group = match group {
        "" => "core",
        // The options of a deletion are of every group.
        _ if kind == "DeleteOptions" => "meta",
        "internal.apiserver.k8s.io" => "apiserverinternal",
        _ => group.split('.').next().unwrap_or_default(),
    };
    match kind {
        "DeleteOptions" => named("meta.v1.DeleteOptions"),
        _ => named(&format!("{group}.{version}.{kind}")),
    }
}

/// Fields that do not fit are left out; a test holds all of them against the types of the kinds.
fn message(line: &'static str) -> (&'static str, Message) {
    let mut words = line.split(' ');
    let name = words.next().unwrap_or_default();
    let package = name.rsplit_once('.').map_or("", |(package, _)| package);
    let fields = words.filter_map(|word| field(word, package)).collect();
    (name, Message { fields })
}

fn field(word: &'static str, package: &str) -> Option<Field> {
    let (number, rest) = word.split_once(':')?;
    let (name, form) = match rest.strip_prefix('^') {
        Some(form) => ("", form),
        None => rest.rsplit_once(':')?,
    };
    Some(Field {
        number: number.parse().ok()?,
        name,
        form: form_of(form.trim_end_matches('*'), package)?,
        keeps_zero: form.ends_with('*'),
    })
}

fn form_of(text: &str, package: &str) -> Option<Form> {
    let inner = |rest: &str| form_of(rest, package).map(Box::new);
    Some(match text.split_at_checked(1)? {
        ("[", rest) => Form::List(inner(rest)?),
        ("{", rest) => Form::Map(inner(rest)?),
        ("@", name) if name.contains('.') => Form::Message(name.to_owned()),
        ("@", name) => Form::Message(format!("{package}.{name}")),
        ("s", "") => Form::String,
        ("i", "") => Form::Integer,
        ("b", "") => Form::Boolean,
        ("f", "") => Form::Double,
        ("y", "") => Form::Bytes,
        ("t", "") => Form::Time,
        ("u", "") => Form::MicroTime,
        ("q", "") => Form::Quantity,
        ("x", "") => Form::IntOrString,
        ("r", "") => Form::Raw,
        ("w", "") => Form::Strings,
        ("A", "") => Form::SchemaOrList,
        ("B", "") => Form::SchemaOrBoolean,
        ("S", "") => Form::SchemaOrStrings,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use apply_semantics::types::{Leaf, Node, Shape, builtin};

    use super::*;

    /// The fields of a message as JSON has them.
    fn all_fields(message: &'static Message) -> BTreeMap<&'static str, &'static Form> {
        let mut fields = BTreeMap::new();
        for field in &message.fields {
            match &field.form {
                Form::Message(name) if field.name.is_empty() => {
                    fields.extend(all_fields(named(name).unwrap()));
                }
                form => drop(fields.insert(field.name, form)),
            }
        }
        fields
    }

    fn fits(form: &Form, node: Node<'_>) -> bool {
        match (form, node.shape()) {
            (Form::List(form), Shape::List(node)) | (Form::Map(form), Shape::Map(node)) => {
                fits(form, node)
            }
            (Form::Strings, Shape::List(_)) | (Form::Message(_), Shape::Struct(_)) => true,
            (form, Shape::Leaf(leaf)) => matches!(
                (form, leaf),
                (Form::String, Leaf::String)
                    | (Form::Integer, Leaf::Integer)
                    | (Form::Boolean, Leaf::Boolean)
                    | (Form::Double, Leaf::Number)
                    | (Form::Bytes, Leaf::Bytes)
                    | (Form::Time, Leaf::Time)
                    | (Form::MicroTime, Leaf::MicroTime)
                    | (Form::Quantity, Leaf::Quantity)
                    | (Form::IntOrString, Leaf::IntOrString)
                    | (Form::Raw, Leaf::Raw | Leaf::Object | Leaf::Any)
                    | (
                        Form::SchemaOrList | Form::SchemaOrBoolean | Form::SchemaOrStrings,
                        Leaf::Any
                    )
                    | (Form::Message(_), Leaf::Object)
            ),
            _ => false,
        }
    }

    #[test]
    fn every_field_of_every_built_in_kind_has_its_number() {
        let mut wrong = Vec::new();
        for (kind, _) in builtin().kinds() {
            let (api_version, kind) = kind.rsplit_once('/').unwrap();
            if of_kind(api_version, kind).is_none() {
                wrong.push(format!("{api_version} {kind}"));
            }
        }
        for (name, node) in builtin().all() {
            let Some(message) = named(name) else {
                continue;
            };
            let fields = all_fields(message);
            for field in node.fields() {
                match (field.name(), fields.get(field.name())) {
                    ("apiVersion" | "kind", _) => {}
                    (_, Some(form)) if fits(form, field.node()) => {}
                    (field, form) => wrong.push(format!("{name}.{field}: {form:?}")),
                }
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn every_word_is_a_field_and_every_message_is_there() {
        for line in include_str!("messages.txt").lines() {
            let (name, message) = message(line);
            assert_eq!(message.fields.len(), line.split(' ').count() - 1, "{name}");
            for field in message.fields {
                let mut form = &field.form;
                while let Form::List(inner) | Form::Map(inner) = form {
                    form = inner;
                }
                if let Form::Message(other) = form {
                    assert!(named(other).is_some(), "{name}: {other}");
                }
            }
        }
    }
}
