//! Who is a member of which ClusterSet, under which ID.
//!
//! Two sides decide, and each has its half here. Whoever runs a ClusterSet keeps a [`Roster`]: a state machine that
//! takes [`Command`]s and answers with [`Effect`]s or a [`Refusal`]. In each cluster, admission of its
//! [`ClusterProperty`](crate::property::ClusterProperty) objects asks [`admission::review`], which sees one cluster only
//! and keeps its members from losing or changing what their membership rests on. Where nobody runs an admission webhook,
//! [`policy::admission_policies`] has the API server itself decide the same.

pub mod admission;
mod command;
pub mod policy;
mod refusal;
mod roster;

pub use command::{Command, Effect};
pub use refusal::Refusal;
pub use roster::{Epoch, InvalidRoster, Membership, Roster};
