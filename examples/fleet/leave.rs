//! A cluster is emptied, and leaves.

use cluster_id::membership::Command;
use examples::table::Table;

use crate::{
    Failure, export,
    join::command_answer,
    place,
    roll::workload,
    world::{World, tell},
};

/// Its workload goes elsewhere first, then it leaves.
pub(crate) fn leave(world: &mut World, leaver: &str) -> Result<(), Failure> {
    let mut table = Table::new(["CLUSTER", "WHAT", "CAME OF IT"]);
    for touched in world.fleet.remove(leaver) {
        let what = format!("placement {}", touched.placement);
        table.row([
            leaver,
            &what,
            &format!("{:?}: decided again", touched.cause),
        ]);
    }
    let told = place::decide(world)?;
    let targets: Vec<String> = world
        .fleet
        .targets(place::WEB)
        .iter()
        .map(ToString::to_string)
        .collect();
    for target in &targets {
        let desired = workload(3, target)?;
        for ended in world.site(target)?.reconcile(&desired)?.ended {
            table.row([target, "reconcile", &ended.to_string()]);
        }
    }
    for ended in world.site(leaver)?.reconcile(&[])?.ended {
        table.row([leaver, "reconcile", &ended.to_string()]);
    }
    let cluster = world.site(leaver)?.uid.clone();
    let answer = command_answer(world, &Command::Leave { cluster })?;
    let answer = answer.unwrap_or_else(|why| why);
    table.row([leaver, "leave", &answer]);
    tell(&format!("{leaver} leaves"), &told);
    println!("{table}");
    tell("The service afterwards", &export::import(world)?);
    Ok(())
}
