//! How a MachineDeployment rolls out.

mod fenceposts;
mod template;

pub use fenceposts::Fenceposts;
pub use template::{TemplateChange, template_changes};
