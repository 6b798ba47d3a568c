//! Clusters become members.

use cluster_id::{
    Explain as _,
    membership::{
        Command, Effect,
        admission::{Change, LocalIdentity, Verdict, review},
    },
    property::{ClusterProperty, WellKnown},
};
use examples::table::Table;

use crate::{
    Failure,
    world::{SET, World, tell},
};

/// Who asks for what: an ID, or to join.
const REQUESTS: [(&str, Option<&str>); 12] = [
    ("eu-1", Some("eu-1")),
    ("eu-1", None),
    ("eu-2", None),
    ("eu-2", Some("eu-1")),
    ("eu-2", None),
    ("eu-2", Some("eu-2")),
    ("eu-2", None),
    ("us-1", Some("us-1")),
    ("us-1", None),
    ("us-2", Some("us-2")),
    ("us-2", None),
    ("eu-1", Some("eu-3")),
];

pub(crate) fn join(world: &mut World) -> Result<(), Failure> {
    let mut table = Table::new(["CLUSTER", "WANTS", "ANSWER", "WHY"]);
    let lab = [("lab", Some("lab")), ("lab", None)];
    for (cluster, id) in REQUESTS.into_iter().chain(lab) {
        let wants = id.map_or(format!("to join {SET}"), |id| format!("the ID {id}"));
        let answer = if let Some(id) = id {
            set_id(world, cluster, id)?
        } else {
            let command = Command::Join {
                cluster: world.site(cluster)?.uid.clone(),
                set: SET.parse()?,
            };
            command_answer(world, &command)?
        };
        let (answer, why) = match answer {
            Ok(what) => ("done", what),
            Err(why) => ("refused", why),
        };
        table.row([cluster, &wants, answer, &why]);
    }
    tell("Clusters join", &table);
    Ok(())
}

/// Both sides decide: admission in the cluster, and the roster of the set.
fn set_id(world: &mut World, cluster: &str, id: &str) -> Result<Result<String, String>, Failure> {
    let site = world.site(cluster)?;
    let value = |property: WellKnown| -> Result<Option<String>, Failure> {
        let object = ClusterProperty::new(&property.into(), "");
        let live = site.get(&serde_json::to_value(object)?)?;
        let property: Option<ClusterProperty> = live.map(serde_json::from_value).transpose()?;
        Ok(property
            .and_then(|property| property.spec)
            .map(|spec| spec.value))
    };
    let (now, set) = (value(WellKnown::ClusterId)?, value(WellKnown::ClusterSet)?);
    let identity = LocalIdentity {
        id: now.as_deref(),
        set: set.as_deref(),
    };
    let change = Change {
        name: WellKnown::ClusterId.name(),
        value: Some(id),
        author: None,
    };
    if let Verdict::Denied(denial) = review(identity, change) {
        return Ok(Err(denial.explanation().to_string()));
    }
    let command = Command::SetId {
        cluster: site.uid.clone(),
        id: id.parse()?,
    };
    command_answer(world, &command)
}

/// Asks the roster, and does what follows.
pub(crate) fn command_answer(
    world: &mut World,
    command: &Command,
) -> Result<Result<String, String>, Failure> {
    let now = world.now()?;
    let effects = match world.roster.apply(command, now) {
        Ok(effects) => effects,
        Err(refusal) => return Ok(Err(refusal.explanation().to_string())),
    };
    let mut told = Vec::new();
    for effect in &effects {
        told.push(follow(world, effect)?);
    }
    Ok(Ok(told.join(", ")))
}

fn follow(world: &mut World, effect: &Effect) -> Result<String, Failure> {
    let (Effect::WriteProperty { cluster, .. }
    | Effect::DeleteProperty { cluster, .. }
    | Effect::Joined { cluster, .. }
    | Effect::Left { cluster, .. }) = effect;
    let site = world.sites.values().find(|site| site.uid == *cluster);
    let site = site.ok_or("there is no such cluster")?;
    Ok(match effect {
        Effect::WriteProperty {
            property, value, ..
        } => {
            let object = ClusterProperty::new(&(*property).into(), value.clone());
            site.apply(serde_json::to_value(object)?)?;
            format!("{} is {value}", property.name())
        }
        Effect::DeleteProperty { property, .. } => {
            let object = ClusterProperty::new(&(*property).into(), "");
            site.delete(&serde_json::to_value(object)?)?;
            format!("{} is gone", property.name())
        }
        Effect::Joined { membership, .. } => {
            world.fleet.upsert(site.facts());
            format!(
                "member {} in epoch {}",
                membership.id,
                serde_json::to_value(membership.epoch)?
            )
        }
        Effect::Left { membership, .. } => {
            world.exports.expel(&membership.id, membership.epoch);
            format!("epoch {} is over", serde_json::to_value(membership.epoch)?)
        }
    })
}
