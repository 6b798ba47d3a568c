//! Strategies that make a value by throwing dice, and shrink it by taking parts away.
//!
//! Combinators build the whole tree of what could be generated before they generate anything, which types as large as that of a Pod do
//! not allow. So a generator walks the type with the dice in its hand, and what it made is shrunk as data: a reduction lists what would
//! be simpler, and the simplest one that still fails becomes the next to reduce.

use std::{fmt, sync::Arc, vec};

use ::proptest::{
    prelude::Rng as _,
    strategy::{NewTree, Strategy, ValueTree},
    test_runner::TestRunner,
};

type Make<T> = dyn Fn(&mut Dice<'_>) -> T + Send + Sync;
type Reduce<T> = dyn Fn(&T) -> Vec<T> + Send + Sync;

/// A strategy for values of one type. Cheap to clone.
pub struct Generator<T> {
    make: Arc<Make<T>>,
    reduce: Arc<Reduce<T>>,
}

impl<T> Generator<T> {
    pub(super) fn new(
        make: impl Fn(&mut Dice<'_>) -> T + Send + Sync + 'static,
        reduce: impl Fn(&T) -> Vec<T> + Send + Sync + 'static,
    ) -> Self {
        Self {
            make: Arc::new(make),
            reduce: Arc::new(reduce),
        }
    }

    pub(super) fn make(&self, dice: &mut Dice<'_>) -> T {
        (self.make)(dice)
    }

    pub(super) fn reduce(&self, value: &T) -> Vec<T> {
        (self.reduce)(value)
    }
}

impl<T> Clone for Generator<T> {
    fn clone(&self) -> Self {
        Self {
            make: Arc::clone(&self.make),
            reduce: Arc::clone(&self.reduce),
        }
    }
}

impl<T> fmt::Debug for Generator<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator").finish_non_exhaustive()
    }
}

impl<T: Clone + fmt::Debug> Strategy for Generator<T> {
    type Tree = Shrinking<T>;
    type Value = T;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let value = self.make(&mut Dice(runner));
        Ok(Shrinking {
            best: value.clone(),
            current: value,
            untried: Vec::new().into_iter(),
            reduce: Arc::clone(&self.reduce),
        })
    }
}

/// A generated value on its way to the simplest one that still fails.
pub struct Shrinking<T> {
    /// The simplest value so far that fails.
    best: T,
    current: T,
    untried: vec::IntoIter<T>,
    reduce: Arc<Reduce<T>>,
}

impl<T: Clone> Shrinking<T> {
    fn next(&mut self) -> bool {
        let next = self.untried.next();
        let found = next.is_some();
        self.current = next.unwrap_or_else(|| self.best.clone());
        found
    }
}

impl<T: Clone + fmt::Debug> ValueTree for Shrinking<T> {
    type Value = T;

    fn current(&self) -> T {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        self.best = self.current.clone();
        self.untried = (self.reduce)(&self.best).into_iter();
        self.next()
    }

    fn complicate(&mut self) -> bool {
        self.next()
    }
}

impl<T: fmt::Debug> fmt::Debug for Shrinking<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shrinking")
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

/// The chance in a generator's hand.
pub(super) struct Dice<'a>(&'a mut TestRunner);

impl Dice<'_> {
    /// A number below that one; 0 if there is none.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let random = self.0.rng().next_u64();
        let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
        usize::try_from(random % limit).unwrap_or_default()
    }

    /// Whether something happens that happens once in so many times.
    pub(super) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of some values.
    pub(super) fn pick<'v, T>(&mut self, values: &'v [T]) -> Option<&'v T> {
        values.get(self.below(values.len()))
    }

    /// Some of some values, in their order: each with even chance, and no more than that many.
    pub(super) fn some<'v, T>(&mut self, values: &'v [T], most: usize) -> Vec<&'v T> {
        let mut left = values.len();
        let mut chosen = Vec::new();
        for value in values {
            let wanted = most.min(values.len()) - chosen.len();
            if wanted > 0 && self.below(left.max(2 * wanted)) < wanted {
                chosen.push(value);
            }
            left -= 1;
        }
        chosen
    }

    /// A value of another strategy.
    pub(super) fn draw<S: Strategy>(&mut self, strategy: &S) -> Option<S::Value> {
        let tree = strategy.new_tree(self.0).ok()?;
        Some(tree.current())
    }
}

/// Makes a value outside of a strategy.
pub(super) fn with_dice<T>(runner: &mut TestRunner, make: impl Fn(&mut Dice<'_>) -> T) -> T {
    make(&mut Dice(runner))
}

impl<T: Clone + 'static> Generator<T> {
    /// The same with every value changed by a function, which must come to the same when it is applied to what it made.
    #[must_use]
    pub fn map_values(self, change: impl Fn(T) -> T + Send + Sync + 'static) -> Self {
        let (made, reduced) = (Arc::new(change), self.clone());
        let changed = Arc::clone(&made);
        Self::new(
            move |dice| made(self.make(dice)),
            move |value| {
                reduced
                    .reduce(value)
                    .into_iter()
                    .map(|value| changed(value))
                    .collect()
            },
        )
    }
}
