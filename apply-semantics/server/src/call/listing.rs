//! Options of lists and watches, as `pkg/apis/internalversion/validation` of apimachinery has them.

use apply_semantics::op::{Cause, Refusal};

use super::{Call, go_quoted, options::invalid};

/// Which state of a collection a list is to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// The newest one.
    Now,
    /// That one or a newer one.
    NotOlderThan(u64),
    /// That one.
    Exact(u64),
}

const MATCH: &str = "resourceVersionMatch";

/// What a list is to show.
///
/// # Errors
/// The options do not go together, or the revision is no number.
pub(crate) fn of_list(call: &Call) -> Result<Since, Refusal> {
    let text = |name: &str| call.params.text(name);
    let (version, continues) = (text("resourceVersion"), text("continue").is_some());
    let wanted = text(MATCH);
    let mut causes = Vec::new();
    if let Some(wanted) = wanted {
        if version.is_none() {
            causes.push(forbidden(
                MATCH,
                "resourceVersionMatch is forbidden unless resourceVersion is provided",
            ));
        }
        if continues {
            causes.push(forbidden(MATCH, WITH_CONTINUE));
        }
        if !matches!(wanted, "Exact" | "NotOlderThan") {
            causes.push(unsupported(wanted, "\"Exact\", \"NotOlderThan\", \"\""));
        }
        if wanted == "Exact" && version == Some("0") {
            causes.push(forbidden(
                MATCH,
                "resourceVersionMatch \"exact\" is forbidden for resourceVersion \"0\"",
            ));
        }
    }
    if call.params.has("sendInitialEvents") {
        let message = "sendInitialEvents is forbidden for list";
        causes.push(forbidden("sendInitialEvents", message));
    }
    if !causes.is_empty() {
        return Err(invalid("ListOptions", causes));
    }
    let Some(version) = version else {
        return Ok(Since::Now);
    };
    let number: u64 = version.parse().map_err(|_| {
        Refusal::bad_request(format!(
            "Invalid value: {}: strconv.ParseUint: parsing {}: invalid syntax",
            go_quoted(version),
            go_quoted(version)
        ))
    })?;
    if continues && number > 0 {
        return Err(Refusal::bad_request(
            "specifying resource version is not allowed when using continue",
        ));
    }
    let limited = call.params.number("limit").is_some_and(|limit| limit > 0);
    Ok(match wanted {
        _ if number == 0 => Since::Now,
        Some("Exact") => Since::Exact(number),
        // Without a word about it, pages show that very state.
        None if limited => Since::Exact(number),
        _ => Since::NotOlderThan(number),
    })
}

/// Makes sure that the options of a watch go together.
///
/// # Errors
/// They do not.
pub(crate) fn check_watch(call: &Call) -> Result<(), Refusal> {
    let wanted = call.params.text(MATCH);
    let initial_events = call.params.has("sendInitialEvents");
    let mut causes = Vec::new();
    if initial_events && wanted != Some("NotOlderThan") {
        causes.push(forbidden(
            MATCH,
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ));
    }
    if let Some(wanted) = wanted {
        if !initial_events {
            causes.push(forbidden(
                MATCH,
                "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
            ));
        }
        if wanted != "NotOlderThan" {
            causes.push(unsupported(wanted, "\"NotOlderThan\""));
        }
        if call.params.text("continue").is_some() {
            causes.push(forbidden(MATCH, WITH_CONTINUE));
        }
    }
    if causes.is_empty() {
        Ok(())
    } else {
        Err(invalid("ListOptions", causes))
    }
}

const WITH_CONTINUE: &str = "resourceVersionMatch is forbidden when continue is provided";

fn forbidden(field: &str, message: &str) -> Cause {
    Cause::new(
        "FieldValueForbidden",
        format!("Forbidden: {message}"),
        field,
    )
}

fn unsupported(value: &str, supported: &str) -> Cause {
    let message = format!("Unsupported value: \"{value}\": supported values: {supported}");
    Cause::new("FieldValueNotSupported", message, MATCH)
}
