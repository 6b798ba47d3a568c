//! What a step on a node may not take away.

use super::state::{Desired, NodeState, Observed, Role};

/// Why nothing may be done on a node now; `None` if it may.
pub(super) fn objection(
    observed: &Observed,
    node: &NodeState,
    desired: &Desired,
) -> Option<String> {
    if !node.reachable {
        return Some("it cannot be reached".to_owned());
    }
    etcd(observed, node, desired).or_else(|| control_plane(observed, node))
}

/// While a voting member restarts, the others have to be a quorum of all. A member that does not answer can be spared.
fn etcd(observed: &Observed, node: &NodeState, desired: &Desired) -> Option<String> {
    let own = node.etcd.filter(|member| !member.learner)?;
    let voters = observed.nodes.iter().filter_map(|node| node.etcd);
    let voters = voters.filter(|member| !member.learner);
    let (count, healthy) = voters.fold((0, 0), |(count, healthy), member| {
        (count + 1, healthy + usize::from(member.healthy))
    });
    let others = healthy - usize::from(own.healthy);
    let quorum = count / 2 + 1;
    let tolerated = count == 1 || (count == 2 && desired.allow_downtime);
    // Where there is no quorum now, none can be taken away, and none comes back by waiting for this node.
    if others >= quorum || tolerated || healthy < quorum && !own.healthy {
        return None;
    }
    Some(format!(
        "without its member {others} of {count} members of etcd would answer, and {quorum} are a quorum"
    ))
}

fn control_plane(observed: &Observed, node: &NodeState) -> Option<String> {
    if node.role != Role::ControlPlane || !node.ready {
        return None;
    }
    let mut others = observed
        .nodes
        .iter()
        .filter(|other| other.role == Role::ControlPlane && other.name != node.name)
        .peekable();
    others.peek()?;
    let ready = others.any(|other| other.ready);
    (!ready).then(|| "no other control plane is ready".to_owned())
}
