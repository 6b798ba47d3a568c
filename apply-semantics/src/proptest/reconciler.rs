//! Whether a controller gets along with others.

use std::{error, fmt, sync::Arc};

use ::proptest::test_runner::{
    Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};
use serde_json::Value;

use super::{
    generator::Generator,
    model::{State, Subject},
    objects::object,
    operations::{Action, Op, ops},
};
use crate::{
    fieldset::FieldSet,
    request::{PathPattern, PatternError},
    schema::Type,
    typed::{Duplicates, Typed},
    updater::{SameVersion, Updater},
};

type Reconcile = dyn Fn(Option<&Value>) -> Value + Send + Sync;

/// What a controller promises, and how hard to try it.
#[derive(Clone)]
pub struct ReconcilerOptions {
    ty: Type,
    manager: String,
    declared: Vec<PathPattern>,
    force: bool,
    peers: Vec<(String, Arc<Reconcile>)>,
    objects: Generator<Value>,
    most_ops: usize,
    most_writes: usize,
    cases: u32,
}

impl ReconcilerOptions {
    /// A controller that applies objects of a type, as that manager, with force, as controllers should. It declares nothing yet but
    /// `apiVersion`, `kind`, and the name and namespace of the object.
    pub fn new(ty: &Type, manager: impl Into<String>) -> Self {
        Self {
            ty: ty.clone(),
            manager: manager.into(),
            declared: Vec::new(),
            force: true,
            peers: Vec::new(),
            objects: object(ty),
            most_ops: 6,
            most_writes: 3,
            cases: 256,
        }
    }

    /// The same, declaring fields, such as `spec.replicas` or `metadata.labels.*`; what is below them is declared too.
    ///
    /// # Errors
    /// The pattern is malformed.
    pub fn declares(mut self, pattern: &str) -> Result<Self, PatternError> {
        self.declared.push(pattern.parse()?);
        self.declared.push(format!("{pattern}.**").parse()?);
        Ok(self)
    }

    /// The same, applied without force. That a field belongs to somebody else is then no failure.
    #[must_use]
    pub fn without_force(self) -> Self {
        Self {
            force: false,
            ..self
        }
    }

    /// The same, beside another controller, which applies with force what it makes of the live object. The two must come to rest together.
    #[must_use]
    pub fn beside(
        mut self,
        manager: impl Into<String>,
        reconcile: impl Fn(Option<&Value>) -> Value + Send + Sync + 'static,
    ) -> Self {
        self.peers.push((manager.into(), Arc::new(reconcile)));
        self
    }

    /// The same, with others that write such objects.
    #[must_use]
    pub fn objects(self, objects: Generator<Value>) -> Self {
        Self { objects, ..self }
    }

    /// The same, with so many writes of others at most in a case.
    #[must_use]
    pub fn most_ops(self, most_ops: usize) -> Self {
        Self { most_ops, ..self }
    }

    /// The same, having to come to rest after so many writes of its own.
    #[must_use]
    pub fn most_writes(self, most_writes: usize) -> Self {
        Self {
            most_writes,
            ..self
        }
    }

    /// The same, tried so many times.
    #[must_use]
    pub fn cases(self, cases: u32) -> Self {
        Self { cases, ..self }
    }

    /// What of some fields is not declared.
    fn undeclared(&self, fields: &FieldSet) -> FieldSet {
        const IDENTITY: [&str; 4] = [
            ".apiVersion",
            ".kind",
            ".metadata.name",
            ".metadata.namespace",
        ];
        let declared = |path: &crate::path::Path| {
            IDENTITY.contains(&crate::path::display(path).as_str())
                || self.declared.iter().any(|pattern| pattern.matches(path))
        };
        fields.paths().filter(|path| !declared(path)).collect()
    }
}

/// What is wrong with a controller.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReconcilerFault {
    /// Its configuration is not valid for the type.
    InvalidConfig {
        /// Why.
        errors: String,
    },
    /// It takes fields that it does not declare.
    TakesUndeclared {
        /// Which.
        fields: FieldSet,
    },
    /// For one object it answers one thing now and another thing then.
    NotDeterministic,
    /// It writes on and on, though nobody else does.
    DoesNotSettle {
        /// How often it wrote.
        writes: usize,
    },
    /// It and another controller undo each other's writes.
    Fights {
        /// The manager of the other one.
        with: String,
    },
}

/// A controller that does not keep its promises, with the shortest story of how that shows.
#[derive(Debug, Clone, PartialEq)]
pub struct ReconcilerFailure {
    /// What is wrong.
    pub fault: ReconcilerFault,
    /// What others wrote before.
    pub ops: Vec<Op>,
    /// The object as the controller saw it.
    pub live: Option<Value>,
    /// What the controller made of it.
    pub config: Value,
}

impl fmt::Display for ReconcilerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidConfig { errors } => write!(f, "the configuration is invalid: {errors}"),
            Self::TakesUndeclared { fields } => {
                let paths: Vec<_> = fields
                    .paths()
                    .map(|path| crate::path::display(&path))
                    .collect();
                write!(
                    f,
                    "takes fields that it does not declare: {}",
                    paths.join(", ")
                )
            }
            Self::NotDeterministic => f.write_str("answers differently for one object"),
            Self::DoesNotSettle { writes } => write!(f, "does not come to rest in {writes} writes"),
            Self::Fights { with } => write!(f, "fights with {with}"),
        }
    }
}

impl fmt::Display for ReconcilerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let live = self.live.as_ref().map(ToString::to_string);
        let live = live.unwrap_or_else(|| "nothing".to_owned());
        write!(f, "{} (made {} of {live}", self.fault, self.config)?;
        for op in &self.ops {
            write!(
                f,
                "; after {:?} by {} of {}",
                op.action, op.manager, op.object
            )?;
        }
        f.write_str(")")
    }
}

impl error::Error for ReconcilerFailure {}

/// Tries a controller among other managers.
///
/// The controller is a function from the live object, if there is one, to the configuration that it applies. Others write random
/// objects of the type, and after each of their writes the controller has its turn: it must come to rest within a bounded number of
/// writes, answer the same for the same object, and own nothing that it does not declare. With other controllers
/// [beside](ReconcilerOptions::beside) it, all of them take turns until nobody writes anything more.
///
/// The same options always try the same cases.
///
/// ```
/// use apply_semantics::{proptest::{ReconcilerFault, ReconcilerOptions, check_reconciler}, schema::Type};
/// use serde_json::{Value, json};
///
/// let ty = Type::builtin("v1", "ConfigMap").expect("a built-in kind");
/// let options = ReconcilerOptions::new(&ty, "painter").declares("data.color")?.cases(64);
///
/// // Applies what it wants, and nothing else.
/// let good = |_: Option<&Value>| json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"color": "red"}});
/// check_reconciler(good, &options).expect("keeps its promises");
///
/// // Applies what it read, with a change: and so comes to own what everybody else wrote.
/// let greedy = |live: Option<&Value>| {
///     let mut object = live.cloned().unwrap_or_else(|| json!({"apiVersion": "v1", "kind": "ConfigMap"}));
///     object["data"]["color"] = "red".into();
///     object
/// };
/// let failure = check_reconciler(greedy, &options).unwrap_err();
/// assert!(matches!(failure.fault, ReconcilerFault::TakesUndeclared { .. }));
/// assert_eq!(failure.ops.len(), 1, "the shortest story: {failure}");
/// # Ok::<(), apply_semantics::request::PatternError>(())
/// ```
///
/// # Errors
/// The shortest story in which the controller does not keep its promises.
pub fn check_reconciler(
    reconcile: impl Fn(Option<&Value>) -> Value,
    options: &ReconcilerOptions,
) -> Result<(), Box<ReconcilerFailure>> {
    let story = |ops: &[Op]| {
        let mut story = Story::new(&reconcile, options);
        story.play(ops)
    };
    // What the controller makes of nothing needs no other managers.
    story(&[])?;
    let config = Config {
        cases: options.cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let found = runner.run(&ops(&options.objects, options.most_ops), |ops| {
        story(&ops).map_err(|failure| TestCaseError::fail(failure.fault.to_string()))
    });
    match found {
        Err(TestError::Fail(_, ops)) => story(&ops),
        _ => Ok(()),
    }
}

impl fmt::Debug for ReconcilerOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReconcilerOptions")
            .field("ty", &self.ty)
            .field("manager", &self.manager)
            .field("declared", &self.declared)
            .field("force", &self.force)
            .finish_non_exhaustive()
    }
}

/// The controller among others.
struct Story<'a> {
    reconcile: &'a dyn Fn(Option<&Value>) -> Value,
    options: &'a ReconcilerOptions,
    server: Updater<SameVersion>,
    state: State,
    told: Vec<Op>,
}

type Told = Result<(), Box<ReconcilerFailure>>;

impl<'a> Story<'a> {
    fn new(reconcile: &'a dyn Fn(Option<&Value>) -> Value, options: &'a ReconcilerOptions) -> Self {
        Self {
            reconcile,
            options,
            server: Updater::new(SameVersion),
            state: State::new(&options.ty),
            told: Vec::new(),
        }
    }

    fn play(&mut self, ops: &[Op]) -> Told {
        let identity = (self.reconcile)(None);
        self.make_peace()?;
        for op in ops {
            // All write about one object, which is the one that the controller has in mind.
            let mut op = op.clone();
            identify(&mut op.object, &identity);
            self.told.push(op.clone());
            // Whether the write is refused makes no difference to the controller.
            let _written = self.server.write(&mut self.state, &op);
            self.make_peace()?;
        }
        Ok(())
    }

    /// The controllers take turns until none of them writes anything.
    fn make_peace(&mut self) -> Told {
        let mut with = String::new();
        for _ in 0..=self.options.most_writes {
            self.settle()?;
            let before = self.state.clone();
            for (manager, reconcile) in &self.options.peers {
                let now = self.state.clone();
                let op = Op {
                    manager: manager.clone(),
                    action: Action::ForceApply,
                    object: reconcile(self.state.object()),
                };
                let _written = self.server.write(&mut self.state, &op);
                if self.state != now {
                    with.clone_from(manager);
                }
            }
            if self.state == before {
                return Ok(());
            }
        }
        let config = (self.reconcile)(self.state.object());
        self.fail(ReconcilerFault::Fights { with }, config)
    }

    /// The controller has its turn until it writes nothing more.
    fn settle(&mut self) -> Told {
        let mut writes = 0;
        loop {
            let config = (self.reconcile)(self.state.object());
            let again = (self.reconcile)(self.state.object());
            if again != config {
                return self.fail(ReconcilerFault::NotDeterministic, config);
            }
            if !self.write(&config)? {
                return Ok(());
            }
            writes += 1;
            if writes > self.options.most_writes {
                return self.fail(ReconcilerFault::DoesNotSettle { writes }, config);
            }
        }
    }

    /// Applies what the controller wants, and says whether that changed anything.
    fn write(&mut self, config: &Value) -> Result<bool, Box<ReconcilerFailure>> {
        let checked = Typed::new(self.options.ty.clone(), config.clone(), Duplicates::Forbid);
        if let Err(errors) = checked {
            let errors = errors.to_string();
            return self.fail(ReconcilerFault::InvalidConfig { errors }, config.clone());
        }
        let before = self.state.clone();
        let op = Op {
            manager: self.options.manager.clone(),
            action: if self.options.force {
                Action::ForceApply
            } else {
                Action::Apply
            },
            object: config.clone(),
        };
        if self.server.write(&mut self.state, &op).is_err() {
            return Ok(false);
        }
        let fields = self.options.undeclared(&self.state.owned(&op.owner()));
        // Elements of lists and entries of maps on the way to what is declared come with it.
        let fields = fields.leaves();
        if !fields.is_empty() {
            let fault = ReconcilerFault::TakesUndeclared { fields };
            let state = std::mem::replace(&mut self.state, before);
            let failure = self.fail(fault, config.clone());
            self.state = state;
            return failure;
        }
        Ok(self.state != before)
    }

    fn fail<T>(&self, fault: ReconcilerFault, config: Value) -> Result<T, Box<ReconcilerFailure>> {
        Err(Box::new(ReconcilerFailure {
            fault,
            ops: self.told.clone(),
            live: self.state.object().cloned(),
            config,
        }))
    }
}

/// Makes an object say that it is the same as another.
fn identify(object: &mut Value, like: &Value) {
    for (parent, fields) in [
        ("", ["apiVersion", "kind"]),
        ("/metadata", ["name", "namespace"]),
    ] {
        let from = like.pointer(parent).and_then(Value::as_object);
        let to = object.pointer_mut(parent).and_then(Value::as_object_mut);
        let (Some(from), Some(to)) = (from, to) else {
            continue;
        };
        for field in fields {
            match from.get(field) {
                Some(value) => drop(to.insert(field.to_owned(), value.clone())),
                None => drop(to.remove(field)),
            }
        }
    }
}
