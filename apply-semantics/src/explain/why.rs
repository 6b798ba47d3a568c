//! Why a field is still there.

use std::fmt;

use super::{Field, View};
use crate::{
    managed_fields::{Entry, Operation},
    path::PathElement,
    request::{BEFORE_FIRST_APPLY, LAST_APPLIED},
};

/// What keeps a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// It is the server's: what makes the object what it is, or what the server alone fills in.
    Server,
    /// It has parts that are there, and nobody owns the place itself.
    Parts,
    /// Nobody owns it, so no apply removes it.
    Unowned,
    /// Managers apply it.
    Applied,
    /// Managers wrote it otherwise.
    Updated,
    /// Managers apply it, and managers wrote it otherwise.
    AppliedAndUpdated,
}

impl Reason {
    /// As in the JSON form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "Server",
            Self::Parts => "Parts",
            Self::Unowned => "Unowned",
            Self::Applied => "Applied",
            Self::Updated => "Updated",
            Self::AppliedAndUpdated => "AppliedAndUpdated",
        }
    }
}

/// What becomes of a field when a manager leaves it out of what it applies next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    /// Nothing: the manager does not apply it now.
    NotApplied,
    /// It goes, or gets its default.
    Goes,
    /// It stays, because others own it too.
    Stays,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotApplied => "nothing changes, as it does not apply it",
            Self::Goes => "it goes, or gets its default",
            Self::Stays => "it stays, as others own it too",
        })
    }
}

/// Why a field is still there, and what would have to happen for it to go. Its text says so in sentences.
#[derive(Debug, Clone, Copy)]
pub struct Why<'e> {
    field: Field<'e>,
    reason: Reason,
}

impl<'e> Why<'e> {
    pub(super) fn new(field: Field<'e>) -> Self {
        let by = |operation| field.owners().any(|owner| owner.operation() == operation);
        let reason = match (by(Operation::Apply), by(Operation::Update)) {
            (true, true) => Reason::AppliedAndUpdated,
            (true, false) => Reason::Applied,
            (false, true) => Reason::Updated,
            (false, false) if field.is_servers() => Reason::Server,
            (false, false) if field.is_leaf() => Reason::Unowned,
            (false, false) => Reason::Parts,
        };
        Self { field, reason }
    }

    /// The field.
    pub fn field(self) -> Field<'e> {
        self.field
    }

    /// What keeps it.
    pub fn reason(self) -> Reason {
        self.reason
    }

    /// Who keeps it.
    pub fn holders(self) -> impl Iterator<Item = &'e Entry> {
        self.field.owners()
    }

    /// The list element around it that it goes with: an element goes with all that is in it, whoever owns that, when nobody owns
    /// the element itself any more. Of several around each other this is the innermost that is owned.
    pub fn goes_with(self) -> Option<Field<'e>> {
        let around = std::iter::successors(self.field.parent(), |field| field.parent());
        let element = |field: &Field<'_>| {
            matches!(field.element(), Some(PathElement::Key(_))) && field.is_owned()
        };
        around.into_iter().find(element)
    }

    /// What would have to happen for the field to go.
    pub fn remedy(self) -> String {
        use fmt::Write as _;
        let applied = self.names(Operation::Apply);
        let updated = self.names(Operation::Update);
        let mut remedy = match self.reason {
            Reason::Server => "it goes with the object".to_owned(),
            Reason::Parts => "it goes with what is in it".to_owned(),
            Reason::Unowned => format!(
                "remove it by a patch ({}), or apply it once and leave it out of what is applied next",
                self.removal()
            ),
            Reason::Applied => format!(
                "it goes when {applied} {} it out",
                leaves(self.count(Operation::Apply))
            ),
            Reason::Updated => format!(
                "leaving it out of an apply does not remove it: it goes when {updated} {} it from the object, or by a patch ({})",
                takes(self.count(Operation::Update)),
                self.removal()
            ),
            Reason::AppliedAndUpdated => format!(
                "it stays when {applied} {} it out: {updated} would have to take it from the object too, or somebody by a patch ({})",
                leaves(self.count(Operation::Apply)),
                self.removal()
            ),
        };
        if let Some(old) = self.client_side() {
            let with = printed(old.name());
            let _ = write!(
                remedy,
                "; to own it by apply instead of {with}, migrate {with} to the manager that applies"
            );
        }
        if let Some(element) = self.goes_with() {
            let owners = element
                .of_explanation()
                .owners_text(element.owners(), View::new());
            let _ = write!(
                remedy,
                "; it also goes with the list element {element}, which {owners} has"
            );
        }
        remedy
    }

    /// An owner by update that should have been migrated.
    fn client_side(self) -> Option<&'e Entry> {
        let annotation = ["metadata", "annotations", LAST_APPLIED].map(PathElement::field);
        self.holders().find(|owner| {
            owner.operation() == Operation::Update
                && (owner.name() == BEFORE_FIRST_APPLY || owner.fields().contains(&annotation))
        })
    }

    fn count(self, operation: Operation) -> usize {
        self.holders()
            .filter(|owner| owner.operation() == operation)
            .count()
    }

    fn names(self, operation: Operation) -> String {
        let owners = self
            .holders()
            .filter(|owner| owner.operation() == operation);
        let names: Vec<String> = owners.map(|owner| printed(owner.name())).collect();
        names.join(" and ")
    }

    /// The operation of a JSON patch that removes it.
    fn removal(self) -> String {
        serde_json::json!([{"op": "remove", "path": self.field.pointer()}]).to_string()
    }
}

fn printed(name: &str) -> String {
    let name = super::label::printable(name);
    if name.starts_with('"') {
        name
    } else {
        format!("\"{name}\"")
    }
}

fn leaves(managers: usize) -> &'static str {
    if managers == 1 { "leaves" } else { "all leave" }
}

fn takes(managers: usize) -> &'static str {
    if managers == 1 { "takes" } else { "all take" }
}

/// What keeps the field, and what would have to happen for it to go.
impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owners = |operation| {
            let owners = self
                .holders()
                .filter(|owner| owner.operation() == operation);
            self.field
                .of_explanation()
                .owners_text(owners, View::new().times())
        };
        match self.reason {
            Reason::Server => f.write_str("the server keeps it")?,
            Reason::Parts => f.write_str("it is there for what is in it")?,
            Reason::Unowned => f.write_str(
                "nobody owns it, so no apply removes it: it is a default, or was written or left behind without an owner",
            )?,
            Reason::Applied => write!(f, "applied by {}", owners(Operation::Apply))?,
            Reason::Updated => write!(f, "written by {}", owners(Operation::Update))?,
            Reason::AppliedAndUpdated => write!(
                f,
                "applied by {}, and written by {}",
                owners(Operation::Apply),
                owners(Operation::Update)
            )?,
        }
        write!(f, "; {}", self.remedy())
    }
}
