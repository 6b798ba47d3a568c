//! The options of writes, checked as the API checks them.

use apply_semantics::op::{Cause, FieldValidation, Propagation, Reason, Refusal};
use serde_json::Value;

use super::{Call, Method};
use crate::kinds;

/// The longest name of a manager, in bytes.
const LONGEST_MANAGER: usize = 128;

/// The options of create, update, patch and apply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WriteSettings {
    /// The named manager, or what the user agent makes of it.
    pub(crate) manager: String,
    pub(crate) dry_run: bool,
    pub(crate) validation: FieldValidation,
    pub(crate) force: bool,
}

impl WriteSettings {
    /// Reads and checks the options of a call. An apply needs a manager.
    pub(crate) fn of(call: &Call, apply: bool) -> Result<Self, Refusal> {
        let mut causes = Vec::new();
        let named = call.params.text("fieldManager");
        match (named, call.method) {
            (None, Method::Patch) if apply => causes.push(Cause::new(
                "FieldValueRequired",
                "Required value: is required for apply patch",
                "fieldManager",
            )),
            (Some(name), _) => causes.extend(check_manager(name)),
            (None, _) => {}
        }
        if call.method == Method::Patch && !apply && call.params.has("force") {
            causes.push(Cause::new(
                "FieldValueForbidden",
                "Forbidden: may not be specified for non-apply patch",
                "force",
            ));
        }
        let dry_run = dry_run(call, &mut causes);
        let validation = field_validation(call, &mut causes);
        if !causes.is_empty() {
            return Err(invalid(kind_of_options(call.method), causes));
        }
        Ok(Self {
            manager: named.map_or_else(|| from_user_agent(&call.user_agent), str::to_owned),
            dry_run,
            validation,
            force: call.params.flag("force"),
        })
    }
}

/// The options of deletions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DeleteSettings {
    pub(crate) dry_run: bool,
    pub(crate) uid: Option<String>,
    pub(crate) resource_version: Option<String>,
    pub(crate) propagation: Option<Propagation>,
    pub(crate) grace_period_seconds: Option<i64>,
}

impl DeleteSettings {
    /// Reads the options of a deletion from its body and parameters.
    pub(crate) fn of(call: &Call, body: &Value) -> Result<Self, Refusal> {
        let mut causes = Vec::new();
        let text = |path: &str| body.pointer(path).and_then(Value::as_str);
        let policy = text("/propagationPolicy").or_else(|| call.params.text("propagationPolicy"));
        let orphan = body.get("orphanDependents").and_then(Value::as_bool);
        let propagation = match (policy, orphan) {
            (Some(policy), _) => {
                let parsed = Propagation::parse(policy);
                if parsed.is_none() {
                    let message = format!(
                        "Unsupported value: \"{policy}\": supported values: \"Background\", \"Foreground\", \"Orphan\""
                    );
                    causes.push(Cause::new(
                        "FieldValueNotSupported",
                        message,
                        "propagationPolicy",
                    ));
                }
                parsed
            }
            (None, Some(true)) => Some(Propagation::Orphan),
            (None, Some(false)) => Some(Propagation::Background),
            (None, None) => None,
        };
        let in_body = body.get("dryRun").and_then(Value::as_array);
        let in_body = in_body.is_some_and(|values| values.iter().any(|value| value == "All"));
        let settings = Self {
            dry_run: dry_run(call, &mut causes) || in_body,
            uid: text("/preconditions/uid").map(str::to_owned),
            resource_version: text("/preconditions/resourceVersion").map(str::to_owned),
            propagation,
            grace_period_seconds: body
                .get("gracePeriodSeconds")
                .and_then(Value::as_i64)
                .or_else(|| call.params.text("gracePeriodSeconds")?.parse().ok()),
        };
        if causes.is_empty() {
            Ok(settings)
        } else {
            Err(invalid("DeleteOptions", causes))
        }
    }
}

/// The default manager of a client: its name up to the first slash, without what cannot be printed.
pub(crate) fn from_user_agent(agent: &str) -> String {
    let name = agent.split('/').next().unwrap_or_default();
    let mut manager = String::new();
    for character in name.chars().filter(|character| is_printable(*character)) {
        if manager.len() + character.len_utf8() > LONGEST_MANAGER {
            break;
        }
        manager.push(character);
    }
    if manager.is_empty() {
        apply_semantics::managed_fields::UNKNOWN_MANAGER.clone_into(&mut manager);
    }
    manager
}

fn check_manager(name: &str) -> Option<Cause> {
    if name.len() > LONGEST_MANAGER {
        return Some(Cause::new(
            "FieldValueTooLong",
            "Too long: may not be more than 128 bytes",
            "fieldManager",
        ));
    }
    let (position, character) = name.char_indices().find(|(_, c)| !is_printable(*c))?;
    let message = format!(
        "Invalid value: {}: invalid character {} (at position {position})",
        go_quoted(name),
        code_point(character)
    );
    Some(Cause::new("FieldValueInvalid", message, "fieldManager"))
}

/// Whether Go's `unicode.IsPrint` says yes: letters, marks, numbers, punctuation, symbols, and the ASCII blank.
fn is_printable(character: char) -> bool {
    if character == ' ' {
        return true;
    }
    let hidden = matches!(
        u32::from(character),
        0xAD | 0x600..=0x605 | 0x61C | 0x6DD | 0x70F | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E
            | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB | 0xE000..=0xF8FF | 0xE0000..=0xE007F
            | 0xF0000..=0x0010_FFFF
    );
    !(character.is_control() || character.is_whitespace() || hidden)
}

fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

/// A string as Go's `%q` writes it.
pub(crate) fn go_quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            other if is_printable(other) => out.push(other),
            other => out.push_str(&escaped(u32::from(other))),
        }
    }
    out.push('"');
    out
}

fn escaped(code: u32) -> String {
    match code {
        0..0x80 => format!("\\x{code:02x}"),
        0x80..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    }
}

fn dry_run(call: &Call, causes: &mut Vec<Cause>) -> bool {
    let mut found = false;
    let mut wrong = false;
    for value in call.params.all("dryRun").filter(|value| !value.is_empty()) {
        found |= value == "All";
        wrong |= value != "All";
    }
    if wrong {
        let values: Vec<_> = call.params.all("dryRun").map(go_quoted).collect();
        let message = format!(
            "Unsupported value: [{}]: supported values: \"All\"",
            values.join(",")
        );
        causes.push(Cause::new("FieldValueNotSupported", message, "dryRun"));
    }
    found
}

fn field_validation(call: &Call, causes: &mut Vec<Cause>) -> FieldValidation {
    let Some(text) = call.params.text("fieldValidation") else {
        return FieldValidation::Warn;
    };
    FieldValidation::parse(text).unwrap_or_else(|| {
        let message = format!(
            "Unsupported value: \"{text}\": supported values: \"\", \"Ignore\", \"Strict\", \"Warn\""
        );
        causes.push(Cause::new("FieldValueNotSupported", message, "fieldValidation"));
        FieldValidation::Warn
    })
}

fn kind_of_options(method: Method) -> &'static str {
    match method {
        Method::Post => "CreateOptions",
        Method::Put => "UpdateOptions",
        _ => "PatchOptions",
    }
}

pub(super) fn invalid(kind: &str, causes: Vec<Cause>) -> Refusal {
    let text = kinds::summary(causes.iter().map(|cause| (&*cause.field, &*cause.message)));
    let mut refusal = Refusal::new(
        Reason::Invalid,
        format!("{kind}.meta.k8s.io \"\" is invalid: {text}"),
    )
    .with_causes(causes);
    "meta.k8s.io".clone_into(&mut refusal.details.group);
    kind.clone_into(&mut refusal.details.kind);
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managers_come_from_user_agents() {
        assert_eq!(from_user_agent("kubectl/v1.36.2 (linux/amd64)"), "kubectl");
        assert_eq!(from_user_agent("my tool\u{200b}\t/1"), "my tool");
        assert_eq!(from_user_agent("/1"), "unknown");
        assert_eq!(from_user_agent(&"é".repeat(100)).len(), 128);
    }

    #[test]
    fn names_of_managers_are_checked() {
        assert!(check_manager("a/b \"c\" 😀 名前").is_none());
        let cause = check_manager("tab\there").map(|cause| cause.message);
        assert_eq!(
            cause.as_deref(),
            Some("Invalid value: \"tab\\there\": invalid character U+0009 (at position 3)")
        );
        assert!(check_manager("\u{a0}").is_some());
    }
}
