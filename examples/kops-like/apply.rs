//! `apply` and `rolling-update`: the objects are written, and the cluster is brought to what they say.

use std::collections::BTreeSet;

use examples::failure::Failure;
use machine_api::{
    controlplane::v1beta2::KubeadmControlPlane,
    core::v1beta2::{MachineDeployment, MachineSet},
};
use serde_json::Value;

use crate::{
    api::reference,
    cli::OfFile,
    fleet::Fleet,
    input,
    objects::{self, BOOTSTRAP, CLOUD, CORE, control_plane_name, selector, text},
    state::State,
    tell::{Kind, Teller},
};

pub(crate) fn apply(arguments: &OfFile) -> Result<(), Failure> {
    bring(arguments, "apply", false)
}

pub(crate) fn rolling_update(arguments: &OfFile) -> Result<(), Failure> {
    bring(arguments, "rolling-update", true)
}

fn bring(arguments: &OfFile, command: &str, roll: bool) -> Result<(), Failure> {
    let file = input::read(&arguments.file)?;
    let cluster = file.metadata.name.clone();
    let state = State::open(&arguments.manner)?;
    let folder = state.folder(&cluster);
    folder.make()?;
    let teller = Teller::new(arguments.manner.output, &folder.events())?;
    let mut objects = objects::of(&file);
    let held = if roll {
        Vec::new()
    } else {
        objects::hold(&state.api, &mut objects)?
    };
    // Nothing is written before everything is let in.
    let admitted: Result<Vec<Value>, Failure> = objects
        .iter()
        .map(|object| objects::admitted(&state.api, object))
        .collect();
    let admitted = admitted?;
    teller.tell(Kind::Command, &cluster, format!("{command} begins"));
    for object in admitted {
        state.api.apply(object)?;
    }
    prune(&state, &cluster, &objects)?;
    let mut fleet = Fleet::open(&state, &cluster, &teller)?;
    fleet.bring(arguments.patience.timeout, Fleet::is_settled)?;
    forget_templates(&fleet)?;
    for held in held {
        teller.tell(
            Kind::Command,
            &cluster,
            format!("left to rolling-update: {held}"),
        );
    }
    teller.tell(Kind::Command, &cluster, format!("{command} is done"));
    Ok(())
}

/// Groups that the file does not have any more go.
fn prune(state: &State, cluster: &str, objects: &[Value]) -> Result<(), Failure> {
    for name in objects::superfluous(&state.api, cluster, objects)? {
        state
            .api
            .delete(reference(CORE, "MachineDeployment", &name))?;
    }
    Ok(())
}

/// Templates that nothing is made from any more go.
fn forget_templates(fleet: &Fleet<'_>) -> Result<(), Failure> {
    let (api, labels) = (&fleet.api, selector(&fleet.cluster));
    let mut used = BTreeSet::new();
    let control_plane: Option<KubeadmControlPlane> =
        api.find(&control_plane_name(&fleet.cluster))?;
    used.extend(control_plane.map(|one| one.spec.machine_template.spec.infrastructure_ref.name));
    let deployments = api
        .all::<MachineDeployment>(&labels)?
        .into_iter()
        .map(|one| one.spec.template);
    let sets = api
        .all::<MachineSet>(&labels)?
        .into_iter()
        .map(|one| one.spec.template);
    for template in deployments.chain(sets) {
        used.insert(template.spec.infrastructure_ref.name);
        used.insert(template.spec.bootstrap.config_ref.name);
    }
    for (api_version, kind) in [
        (CLOUD, "MemoryMachineTemplate"),
        (BOOTSTRAP, "KubeadmConfigTemplate"),
    ] {
        for template in api.list(api_version, kind, &labels)? {
            let name = text(&template, "/metadata/name");
            if !used.contains(name) {
                api.delete(reference(api_version, kind, name))?;
            }
        }
    }
    Ok(())
}
