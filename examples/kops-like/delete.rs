//! `delete`: the driver takes the cluster down, then everything that is left of it goes.

use apply_semantics::op::ObjectRef;
use examples::failure::Failure;

use crate::{
    api::reference,
    cli::OfName,
    fleet::Fleet,
    objects::{BOOTSTRAP, CLOUD, CORE, selector},
    state::State,
    tell::{Kind, Teller},
};

/// Kinds whose objects the driver leaves.
const LEFT: [(&str, &str); 4] = [
    (CLOUD, "MemoryMachineTemplate"),
    (BOOTSTRAP, "KubeadmConfigTemplate"),
    ("v1", "Secret"),
    ("v1", "ConfigMap"),
];

pub(crate) fn delete(arguments: &OfName) -> Result<(), Failure> {
    let cluster = arguments.name.as_str();
    let state = State::open(&arguments.manner)?;
    let folder = state.folder(cluster);
    let there = state.api.get(CORE, "Cluster", cluster)?.is_some();
    if !there && !folder.path().exists() {
        return Err(Failure::Input(format!("there is no cluster {cluster}")));
    }
    folder.make()?;
    let teller = Teller::new(arguments.manner.output, &folder.events())?;
    teller.tell(Kind::Command, cluster, "delete begins");
    let mut fleet = Fleet::open(&state, cluster, &teller)?;
    state.api.delete(reference(CORE, "Cluster", cluster))?;
    fleet.bring(arguments.patience.timeout, Fleet::is_gone)?;
    for (api_version, kind) in LEFT {
        for object in state.api.list(api_version, kind, &selector(cluster))? {
            state
                .api
                .delete(ObjectRef::of(&object).map_err(Failure::run)?)?;
        }
    }
    fleet.cloud.forget()?;
    teller.tell(Kind::Command, cluster, "delete is done");
    fleet.cloud.workload.remove()
}
