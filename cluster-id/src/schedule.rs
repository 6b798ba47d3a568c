//! Which clusters something goes to.
//!
//! - [`spread`]: clusters chosen by score and room, so many of them in so many regions, as Karmada does.

mod spread;

pub use spread::{Bounds, Candidate, Constraints, Spread, SpreadError, spread};
