//! `phases`: the tree, drawn.

use bootstrap_phases::kubeadm;

use crate::{cli::TreeFormat, failure::Failure};

pub(crate) fn phases(format: TreeFormat) -> Result<(), Failure> {
    let tree = kubeadm::init_workflow()
        .build()
        .map_err(Failure::run)?
        .tree();
    match format {
        TreeFormat::Text => print!("{tree}"),
        TreeFormat::Json => {
            println!(
                "{}",
                serde_json::to_string_pretty(&tree).map_err(Failure::run)?
            );
        }
        TreeFormat::Mermaid => print!("{}", tree.to_mermaid()),
        TreeFormat::Dot => print!("{}", tree.to_dot()),
    }
    Ok(())
}
