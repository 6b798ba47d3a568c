use std::fmt;

use serde_json::Value;

/// What an operation came to.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The object, as it is now.
    Object {
        /// The object, or what the subresource answers.
        object: Value,
        /// What happened to it.
        effect: Effect,
        /// What the server warns of.
        warnings: Vec<String>,
    },
    /// The objects of a collection.
    List(ObjectList),
    /// An object or a collection is deleted, or is going to be.
    Deleted {
        /// The object, if the server answered it; a collection is a list. With finalizers it is still there.
        object: Option<Value>,
    },
}

/// What an operation did to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// It was read.
    Read,
    /// It did not exist before.
    Created,
    /// It was written.
    Changed,
    /// It already was as it should be; nothing was written.
    Unchanged,
    /// It existed before; whether it was written the server does not tell.
    Unknown,
}

impl Effect {
    pub(super) const WORDS: [(Self, &'static str); 5] = [
        (Self::Read, "read"),
        (Self::Created, "created"),
        (Self::Changed, "changed"),
        (Self::Unchanged, "unchanged"),
        (Self::Unknown, "unknown"),
    ];
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = Self::WORDS.iter().find(|(effect, _)| effect == self);
        f.write_str(word.map_or("", |(_, word)| word))
    }
}

/// Objects of a collection, in the order of the server.
#[derive(Clone, PartialEq, Default)]
pub struct ObjectList {
    /// The objects. Each has its `apiVersion` and `kind`, also where a server leaves them out.
    pub items: Vec<Value>,
    /// The version of the collection, to watch from.
    pub resource_version: String,
    /// With what to ask for the objects that come next.
    pub continue_token: Option<String>,
    /// How many come next, if the server told.
    pub remaining: Option<u64>,
}

impl Outcome {
    /// An object without warnings.
    pub fn object(object: Value, effect: Effect) -> Self {
        Self::Object {
            object,
            effect,
            warnings: Vec::new(),
        }
    }

    /// The object, if there is one.
    pub fn as_object(&self) -> Option<&Value> {
        match self {
            Self::Object { object, .. } => Some(object),
            Self::Deleted { object } => object.as_ref(),
            Self::List(_) => None,
        }
    }

    /// The object, if there is one.
    pub fn into_object(self) -> Option<Value> {
        match self {
            Self::Object { object, .. } => Some(object),
            Self::Deleted { object } => object,
            Self::List(_) => None,
        }
    }

    /// The list, if this is one.
    pub fn into_list(self) -> Option<ObjectList> {
        match self {
            Self::List(list) => Some(list),
            Self::Object { .. } | Self::Deleted { .. } => None,
        }
    }

    /// What happened to the object; `None` for lists and deletions.
    pub fn effect(&self) -> Option<Effect> {
        match self {
            Self::Object { effect, .. } => Some(*effect),
            Self::List(_) | Self::Deleted { .. } => None,
        }
    }

    /// Whether this is a deletion that waits for finalizers.
    pub fn is_pending_deletion(&self) -> bool {
        let Self::Deleted {
            object: Some(object),
        } = self
        else {
            return false;
        };
        object
            .pointer("/metadata/finalizers")
            .and_then(Value::as_array)
            .is_some_and(|finalizers| !finalizers.is_empty())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object { object, effect, .. } => {
                let text = |path| object.pointer(path).and_then(Value::as_str);
                write!(
                    f,
                    "{} {} {effect}",
                    text("/kind").unwrap_or("object"),
                    text("/metadata/name").unwrap_or_default()
                )
            }
            Self::List(list) => list.fmt(f),
            Self::Deleted { .. } => f.write_str("deleted"),
        }
    }
}

/// Objects may hold secrets, so only the line for people is shown.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outcome({self})")
    }
}

impl fmt::Display for ObjectList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} objects", self.items.len())
    }
}

impl fmt::Debug for ObjectList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObjectList")
            .field("items", &self.items.len())
            .field("resource_version", &self.resource_version)
            .finish_non_exhaustive()
    }
}
