//! Placements that lose a cluster, and go back to it or do not.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on fails"
)]

use cluster_id::{
    inventory::{Cluster, Taint, TaintEffect},
    schedule::{Cause, Failback, Fleet, Placement, Stickiness},
};
use componentconfig::{core::Time, scalar::Duration};
use proptest::prelude::*;

fn at(seconds: i64) -> Time {
    Time::from_unix(1_800_000_000 + seconds).unwrap()
}

fn cluster(name: &str, ready_since: Option<i64>) -> Cluster {
    Cluster {
        ready_since: ready_since.map(at),
        ..Cluster::new(name, [("env", "prod")])
    }
}

fn broken(name: &str) -> Cluster {
    let taint = Taint {
        key: "unreachable".to_owned(),
        value: String::new(),
        effect: TaintEffect::NoSelect,
        time_added: None,
    };
    Cluster {
        taints: vec![taint],
        ..cluster(name, None)
    }
}

fn placement(number: u32, failback: Failback) -> Placement {
    Placement {
        number_of_clusters: Some(number),
        stickiness: Stickiness::Hold,
        failback,
        ..Placement::default()
    }
}

fn decide(fleet: &mut Fleet, seconds: i64) -> (Vec<String>, Option<i64>) {
    let decision = fleet.decide("web", at(seconds)).unwrap();
    fleet.commit("web", &decision);
    let targets = decision.targets.iter();
    let mut targets: Vec<String> = targets.map(|target| target.cluster.to_string()).collect();
    targets.sort();
    (targets, decision.recheck_after_seconds)
}

fn fleet(names: &[&str], number: u32, failback: Failback) -> Fleet {
    let mut fleet = Fleet::default();
    for name in names {
        fleet.upsert(cluster(name, None));
    }
    fleet.place("web", placement(number, failback)).unwrap();
    decide(&mut fleet, 0);
    fleet
}

#[test]
fn it_goes_back_when_the_cluster_was_ready_for_long_enough() {
    let after = Failback::After(Duration::from_secs(60));
    let mut fleet = fleet(&["a", "b", "c"], 1, after);
    let touched = fleet.upsert(broken("a"));
    assert_eq!(touched[0].cause, Cause::Lost);
    assert_eq!(decide(&mut fleet, 0).0, ["b"]);
    assert_eq!(fleet.lost("web").len(), 1);

    let touched = fleet.upsert(cluster("a", Some(100)));
    assert_eq!(touched[0].cause, Cause::Gained);
    assert_eq!(decide(&mut fleet, 120), (vec!["b".to_owned()], Some(40)));
    // It was not ready all the time.
    assert_eq!(fleet.upsert(cluster("a", Some(130))).len(), 1);
    assert_eq!(decide(&mut fleet, 160), (vec!["b".to_owned()], Some(30)));
    let why = fleet.explain("web", "a", at(190)).unwrap();
    assert_eq!(
        why.to_string(),
        "lost before and gone back to: number 1 with score 100"
    );
    assert_eq!(decide(&mut fleet, 190), (vec!["a".to_owned()], None));
    assert!(fleet.lost("web").is_empty());
}

#[test]
fn it_stays_unless_it_is_asked_to_go_back() {
    let mut fleet = fleet(&["a", "b", "c"], 1, Failback::Never);
    fleet.remove("a");
    assert_eq!(decide(&mut fleet, 0).0, ["b"]);
    fleet.upsert(cluster("a", None));
    assert_eq!(decide(&mut fleet, 900).0, ["b"]);
    assert!(fleet.fail_back("web"));
    assert_eq!(decide(&mut fleet, 900).0, ["a"]);
    assert!(!fleet.fail_back("web"));
}

#[test]
fn what_stood_in_is_no_home() {
    let mut fleet = fleet(&["a", "b", "c"], 1, Failback::After(Duration::ZERO));
    fleet.upsert(broken("a"));
    assert_eq!(decide(&mut fleet, 0).0, ["b"]);
    fleet.upsert(broken("b"));
    assert_eq!(decide(&mut fleet, 0).0, ["c"]);
    fleet.upsert(cluster("b", None));
    assert_eq!(decide(&mut fleet, 0).0, ["c"]);
    fleet.upsert(cluster("a", None));
    assert_eq!(decide(&mut fleet, 0).0, ["a"]);
}

#[derive(Clone, Debug)]
enum Event {
    Break(usize),
    Mend(usize),
    Remove(usize),
    Wait(i64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let index = || 0..6_usize;
    prop::collection::vec(
        prop_oneof![
            index().prop_map(Event::Break),
            index().prop_map(Event::Mend),
            index().prop_map(Event::Remove),
            (1..50_i64).prop_map(Event::Wait),
        ],
        0..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn it_comes_back_to_where_it_was_and_never_too_early(events in events(), number in 1..4_u32, delay in 0..60_i64) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let mut fleet = fleet(&names, number, Failback::After(Duration::from_secs(delay)));
        let (first, _) = decide(&mut fleet, 0);
        let mut now = 0;
        let mut ready: Vec<Option<i64>> = vec![None; names.len()];
        for event in &events {
            let before = decide(&mut fleet, now).0;
            match event {
                Event::Break(index) => { fleet.upsert(broken(names[*index])); }
                Event::Mend(index) => {
                    if fleet.cluster(names[*index]).is_none_or(|cluster| !cluster.taints.is_empty()) {
                        ready[*index] = Some(now);
                        fleet.upsert(cluster(names[*index], Some(now)));
                    }
                }
                Event::Remove(index) => { fleet.remove(names[*index]); }
                Event::Wait(seconds) => now += seconds,
            }
            let (after, recheck) = decide(&mut fleet, now);
            // What is fit and held goes only for a home that was ready for long enough.
            let fit = |name: &String| fleet.cluster(name).is_some_and(|cluster| cluster.taints.is_empty());
            for given_up in before.iter().filter(|name| fit(name) && !after.contains(name)) {
                prop_assert!(!first.contains(given_up), "{given_up}");
            }
            if before.iter().all(fit) {
                for new in after.iter().filter(|name| !before.contains(name)) {
                    if before.len() == after.len() {
                        let index = names.iter().position(|name| name == new).unwrap();
                        prop_assert!(first.contains(new));
                        prop_assert!(now - ready[index].unwrap() >= delay);
                    }
                }
            }
            if let Some(seconds) = recheck {
                prop_assert!(seconds > 0 && seconds <= delay);
            }
        }
        for name in names {
            fleet.upsert(cluster(name, Some(now)));
        }
        decide(&mut fleet, now);
        prop_assert_eq!(decide(&mut fleet, now + delay).0, first);
        prop_assert!(fleet.lost("web").is_empty());
    }
}
