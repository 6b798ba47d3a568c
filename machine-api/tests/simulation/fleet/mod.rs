//! A fleet of machines, run by the planners of this crate.

mod api;
mod bug;
mod control_plane;
mod workers;
mod world;

pub(crate) use bug::Bug;
pub(crate) use world::{Fleet, Options};
