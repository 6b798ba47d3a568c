//! Flags of a workflow's commands, as data.

/// A flag of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flag {
    /// The name, without dashes.
    pub name: String,
    /// One letter for it.
    pub shorthand: Option<char>,
    /// Whether it stands alone: `--dry-run` rather than `--config FILE`.
    pub switch: bool,
}

impl Flag {
    /// A flag that takes a value.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            shorthand: None,
            switch: false,
        }
    }

    /// A flag that stands alone.
    pub fn switch(name: impl Into<String>) -> Self {
        Self {
            switch: true,
            ..Self::new(name)
        }
    }

    /// Gives it a letter.
    #[must_use]
    pub fn shorthand(mut self, letter: char) -> Self {
        self.shorthand = Some(letter);
        self
    }
}

impl From<&str> for Flag {
    /// A flag that takes a value.
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for Flag {
    /// A flag that takes a value.
    fn from(name: String) -> Self {
        Self::new(name)
    }
}
