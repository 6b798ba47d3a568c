//! Names of generated objects.

use machine_api::{
    names::{NameOf, generate, with_suffix},
    template::Template,
};
use serde_json::{Value, json};

pub(crate) fn names(input: &Value) -> Result<Value, String> {
    let text = |name: &str| input[name].as_str().ok_or_else(|| format!("no {name}"));
    let name = text("name")?;
    let what = match text("generator")? {
        "simple" => {
            let random = text("random")?.to_owned();
            let name = with_suffix(text("template")?, &mut |_| random.clone());
            return Ok(json!({ "name": name }));
        }
        "controlPlane" => NameOf::ControlPlane,
        "infraCluster" => NameOf::InfrastructureCluster,
        "machineDeployment" => NameOf::MachineDeployment {
            topology_name: name,
        },
        "machinePool" => NameOf::MachinePool {
            topology_name: name,
        },
        "machineSetMachine" => NameOf::MachineSetMachine { machine_set: name },
        "kcpMachine" => NameOf::KubeadmControlPlaneMachine {
            kubeadm_control_plane: name,
        },
        other => return Err(format!("no generator {other}")),
    };
    let random = text("random")?.to_owned();
    let name = Template::parse(text("template")?).and_then(|template| {
        generate(
            &template,
            text("cluster").unwrap_or_default(),
            what,
            &mut |_| random.clone(),
        )
    });
    Ok(match name {
        Ok(name) => json!({ "name": name }),
        Err(error) => json!({"error": error.to_string()}),
    })
}
