//! `status`: what there is, and what happened as a picture.

use std::fs;

use examples::{
    failure::Failure,
    table::Table,
    timeline::{Mark, Timeline},
};
use machine_api::{
    core::v1beta2::{Cluster, Machine},
    labels,
};
use serde::Serialize;

use crate::{
    cli::{Output, Status},
    objects::selector,
    state::{Folder, State},
    tell::{self, Event, Kind},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    machine: String,
    group: String,
    version: String,
    phase: String,
    address: String,
    node: String,
}

pub(crate) fn status(arguments: &Status) -> Result<(), Failure> {
    let (cluster, manner) = (arguments.name.as_str(), &arguments.manner);
    let api = State::look(manner)?;
    let found: Option<Cluster> = api.find(cluster)?;
    let Some(found) = found else {
        return Err(Failure::Input(format!("there is no cluster {cluster}")));
    };
    let machines: Vec<Machine> = api.all(&selector(cluster))?;
    let mut rows: Vec<Row> = machines.into_iter().map(row).collect();
    rows.sort_by(|a, b| (&a.group, &a.machine).cmp(&(&b.group, &b.machine)));
    match manner.output {
        Output::Json => println!("{}", serde_json::to_string(&rows).map_err(Failure::run)?),
        Output::Text => {
            let mut table = Table::new(["MACHINE", "GROUP", "VERSION", "PHASE", "ADDRESS", "NODE"]);
            for row in &rows {
                table.row([
                    &row.machine,
                    &row.group,
                    &row.version,
                    &row.phase,
                    &row.address,
                    &row.node,
                ]);
            }
            println!("{cluster}: {}\n{table}", found.status.phase.as_str());
        }
    }
    if let Some(path) = &arguments.timeline {
        let events = tell::read(&Folder::of(&manner.state, cluster).events());
        fs::write(path, picture(cluster, &events).to_svg())
            .map_err(|error| Failure::Run(format!("{}: {error}", path.display())))?;
    }
    Ok(())
}

fn row(machine: Machine) -> Row {
    let group = machine
        .metadata
        .labels
        .get(labels::DEPLOYMENT_NAME)
        .cloned();
    let address = machine.status.addresses.into_iter().next();
    Row {
        machine: machine.metadata.name,
        group: group.unwrap_or_else(|| "control-plane".to_owned()),
        version: machine.spec.version,
        phase: machine.status.phase.as_str().to_owned(),
        address: address.map(|one| one.address).unwrap_or_default(),
        node: machine.status.node_ref.name,
    }
}

/// A row for the commands, and one for each machine there ever was.
fn picture(cluster: &str, events: &[Event]) -> Timeline {
    let mut timeline = Timeline::new(format!("What became of the machines of {cluster}"));
    for event in events {
        let over = event.says == "gone" || event.says.contains(" is done");
        let (row, colour) = match event.kind {
            Kind::Command => ("commands", if over { "#eeeeee" } else { "#546e7a" }),
            Kind::Machine => (event.subject.as_str(), colour(&event.says)),
            Kind::Phase | Kind::Why => continue,
        };
        let label =
            (event.kind == Kind::Command && !over).then(|| event.says.replace(" begins", ""));
        timeline.mark(
            event.time,
            row,
            Mark {
                colour,
                says: event.says.clone(),
                label,
            },
        );
    }
    timeline
}

fn colour(says: &str) -> &'static str {
    match says.split(' ').next().unwrap_or_default() {
        "Running" => "#2e7d32",
        "Provisioned" => "#9ccc65",
        "Deleting" | "Deleted" => "#f9a825",
        "Failed" => "#c62828",
        "gone" => "none",
        _ => "#bdbdbd",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_and_commands_have_a_row_each() {
        let event = |time, kind, subject: &str, says: &str| Event {
            time,
            kind,
            subject: subject.to_owned(),
            says: says.to_owned(),
        };
        let svg = picture(
            "demo",
            &[
                event(0, Kind::Command, "demo", "apply begins"),
                event(10, Kind::Machine, "demo-a", "Provisioning v1.36.1"),
                event(20, Kind::Why, "demo", "because"),
                event(30, Kind::Machine, "demo-a", "Running v1.36.1"),
                event(40, Kind::Command, "demo", "apply is done"),
            ],
        )
        .to_svg();
        assert!(svg.contains("demo-a: Running v1.36.1, 10 ms"), "{svg}");
        assert!(
            svg.contains("commands: apply begins, 40 ms") && !svg.contains("because"),
            "{svg}"
        );
    }
}
