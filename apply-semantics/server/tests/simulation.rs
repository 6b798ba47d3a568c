//! What is promised of simulations: the same seed gives the same, a smaller run breaks the same rule, and without faults nothing is
//! different from doing it by hand.
#![allow(
    clippy::indexing_slicing,
    reason = "JSON that is indexed is null where there is nothing"
)]

use apply_semantics::op::{DeleteOptions, ObjectRef, Operation, ResourceRef, WriteOptions};
use apply_server::{
    Server,
    simulation::{
        Actor, Fault, Faults, Scenario, Simulation, Stopped, Turn, View, Violation, World,
    },
};
use proptest::prelude::*;
use serde_json::{Value, json};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "default", "name": name}, "data": data})
}

fn text<'a>(view: &'a View, name: &str, field: &str) -> &'a str {
    let map = view.get("v1", "ConfigMap", "default", name);
    let text = map.and_then(|map| map["data"][field].as_str());
    text.unwrap_or_default()
}

fn count(view: &View) -> usize {
    let maps = view.all("v1", "ConfigMap");
    maps.filter(|map| map["data"]["is"] == "replica").count()
}

/// Keeps as many replicas as `wanted` says, and counts them.
fn keeper(view: &View, _: &mut Turn<'_>) -> Vec<Operation> {
    let wanted: usize = text(view, "wanted", "count").parse().unwrap_or_default();
    let maps = ResourceRef::of_kind("v1", "ConfigMap").within("default");
    let replica = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "r-"}, "data": {"is": "replica"}});
    let create = Operation::create(maps, replica, WriteOptions::new("keeper"));
    let missing = wanted.saturating_sub(count(view));
    let mut operations = vec![create; missing];
    let replicas = view.all("v1", "ConfigMap");
    let replicas = replicas.filter(|map| map["data"]["is"] == "replica");
    let superfluous = replicas.take(count(view).saturating_sub(wanted));
    let deletes = superfluous.filter_map(|map| ObjectRef::of(map).ok());
    operations.extend(deletes.map(|map| Operation::delete(map, DeleteOptions::default())));
    operations
}

fn replicas() -> Scenario {
    Scenario::new("replicas")
        .object(map("wanted", &json!({"count": "4"})))
        .actor(Actor::controller("keeper"), keeper)
        .actor(Actor::controller("bystander"), |_, _| Vec::new())
        .always("never more than four", |view| match count(view) {
            0..=4 => Ok(()),
            more => Err(format!("there are {more}")),
        })
        .settles(|view| count(view) == 4)
        .then(
            |_| {
                let two = map("wanted", &json!({"count": "2"}));
                let update = Operation::update_object(two, WriteOptions::new("user"));
                update.into_iter().collect()
            },
            |view| count(view) == 2,
        )
}

#[test]
fn the_same_seed_gives_the_same_run_and_the_same_story() -> Result {
    let simulation = replicas().blind_to_own_writes().simulation()?;
    let again = replicas().blind_to_own_writes().simulation()?;
    let mut broken = 0;
    for seed in 0..40 {
        let (run, other) = (simulation.run(seed), again.run(seed));
        assert_eq!(format!("{run:?}"), format!("{other:?}"));
        let story = simulation.shrink(&run);
        assert_eq!(story, again.shrink(&other));
        broken += usize::from(story.is_some());
    }
    assert!(broken > 0);
    Ok(())
}

#[test]
fn without_faults_a_run_is_what_an_undisturbed_one_is() -> Result {
    let simulation = replicas().faults(|_| Faults::none()).simulation()?;
    for seed in 0..20 {
        let run = simulation.run(seed);
        assert_eq!(run.violation, None);
        let straight = simulation.run_straight(seed);
        assert_eq!((run.rounds, run.steps), (straight.rounds, straight.steps));
        assert_eq!(run.writes, straight.writes);
    }
    // By hand: four creates, an update of what is wanted, two deletes; the keeper does all but the update.
    assert_eq!(simulation.run_straight(0).writes, 6);
    Ok(())
}

#[test]
fn each_pattern_is_found_alone() -> Result {
    let alone = [
        Faults::none().crash(20).rewound(50),
        Faults::none().stale(30),
    ];
    for faults in alone {
        let scenario = replicas().blind_to_own_writes();
        let report = scenario.faults(move |_| faults).simulation()?.search(0..60);
        let story = report.story.ok_or(format!("{faults:?}"))?;
        assert_eq!(story.violation.rule, "never more than four");
    }
    // Neither a write that is refused or seems so nor a turn that is missed does harm to who looks again.
    let harmless = Faults::none().refused(30).lost_answer(20).unobserved(50);
    let scenario = replicas().faults(move |_| harmless);
    let report = scenario.simulation()?.search(0..60);
    assert!(report.is_clean(), "{report}");
    assert!(report.faults(Fault::Refused) > 0 && report.faults(Fault::Unobserved) > 0);
    Ok(())
}

#[test]
fn a_bystander_is_in_no_story() -> Result {
    let simulation = replicas().blind_to_own_writes().simulation()?;
    let report = simulation.search(0..40);
    let story = report.story.ok_or("a story")?;
    assert!(story.absent.contains(&"bystander".to_owned()));
    assert!(story.faults() < story.faults_before, "{story}");
    assert!(story.to_json()["events"][0]["actor"] == "keeper");
    Ok(())
}

/// The scenario of the documentation, and the story that stands there.
#[test]
fn the_story_of_the_documentation_is_what_is_printed() -> Result {
    let maps = ResourceRef::of_kind("v1", "ConfigMap").within("default");
    let object =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "replica-"}});
    let create = Operation::create(maps, object, WriteOptions::new("keeper"));
    let replicas = |view: &View| view.all("v1", "ConfigMap").count();
    let story = Scenario::new("three replicas")
        .actor(Actor::controller("keeper"), move |view, _| {
            vec![create.clone(); 3_usize.saturating_sub(replicas(view))]
        })
        .always("never more than three", move |view| match replicas(view) {
            0..=3 => Ok(()),
            more => Err(format!("there are {more}")),
        })
        .settles(move |view| replicas(view) == 3)
        .simulation()?
        .search(0..100)
        .story
        .ok_or("a story")?
        .to_string();
    let docs = include_str!("../src/simulation.rs");
    for line in story.lines() {
        assert!(
            docs.contains(&format!("//! {line}")),
            "not in the documentation:\n{story}"
        );
    }
    Ok(())
}

#[test]
fn what_is_kept_in_memory_is_gone_after_a_crash() -> Result {
    // Counts its turns, and writes down how many it knows of.
    let memory = || {
        let mut turns = 0_u32;
        move |_: &View, _: &mut Turn<'_>| {
            turns += 1;
            let turns = map("turns", &json!({"count": turns.to_string()}));
            let options = apply_semantics::op::ApplyOptions::new("counter");
            Operation::apply_object(turns, options)
                .into_iter()
                .collect()
        }
    };
    let scenario = |crash| {
        Scenario::new("memory")
            .actor_with_memory(Actor::controller("counter"), memory)
            .faults(move |_| Faults::none().crash(crash))
            .patience(30)
            .settles(|view| text(view, "turns", "count") == "20")
    };
    assert_eq!(scenario(0).simulation()?.run(1).violation, None);
    let run = scenario(30).simulation()?.run(1);
    let unsettled = run.violation.map(|violation| violation.rule);
    assert_eq!(unsettled.as_deref(), Some(Violation::UNSETTLED));
    Ok(())
}

#[test]
fn an_object_that_the_server_does_not_take_is_told_of() {
    let scenario = Scenario::new("wrong").object(json!({"kind": "Unheard"}));
    assert!(scenario.simulation().is_err());
}

#[test]
fn the_objects_of_the_beginning_are_those_of_the_server() -> Result {
    let server = Server::new();
    server.seed(map("wanted", &json!({"count": "4"})))?;
    let simulation = Scenario::new("seen")
        .object(map("wanted", &json!({"count": "4"})))
        .actor(Actor::controller("reader"), |view, turn| {
            if text(view, "wanted", "count") != "4" {
                turn.wrong("sees what is there", "it is not seen");
            }
            Vec::new()
        })
        .settles(|_| true)
        .simulation()?;
    assert!(simulation.search(0..8).is_clean());
    Ok(())
}

/// Two counters that must not be far from each other; each actor writes one more than it saw of its own.
struct Counters {
    counts: [u32; 2],
    seen: [u32; 2],
    apart: u32,
}

impl World for Counters {
    fn actors(&self) -> Vec<Actor> {
        vec![
            Actor::controller("ann"),
            Actor::controller("bob"),
            Actor::disturbance("noise"),
        ]
    }

    fn act(&mut self, actor: usize, turn: &mut Turn<'_>) -> Result<(), Stopped> {
        let (Some(count), Some(seen)) = (self.counts.get_mut(actor), self.seen.get_mut(actor))
        else {
            turn.tell_of("makes a noise");
            return Ok(());
        };
        if !turn.is_stale("looks") {
            *seen = *count;
        }
        let next = (*seen + 1).min(30);
        turn.write(format_args!("writes {next}"), || *count = next)
    }

    fn check(&self) -> Result<(), Violation> {
        let [ann, bob] = self.counts;
        match ann.abs_diff(bob) {
            far if far > self.apart => Err(Violation::new("close", format!("{ann} and {bob}"))),
            _ => Ok(()),
        }
    }

    fn is_settled(&self) -> bool {
        self.counts == [30, 30]
    }
}

fn counters(apart: u32, faults: Faults) -> Simulation {
    Simulation::new("counters", move |_| Counters {
        counts: [0, 0],
        seen: [0, 0],
        apart,
    })
    .faults(move |_| faults)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn shrinking_keeps_the_rule_and_adds_nothing(
        seed in any::<u64>(),
        apart in 1..5_u32,
        (stale, refused, unobserved) in (0..60_u64, 0..30_u64, 0..30_u64),
    ) {
        let faults = Faults::none().stale(stale).refused(refused).unobserved(unobserved);
        let simulation = counters(apart, faults);
        let run = simulation.run(seed);
        let Some(violation) = &run.violation else {
            prop_assert!(simulation.shrink(&run).is_none());
            return Ok(());
        };
        let story = simulation.shrink(&run).ok_or(TestCaseError::fail("no story"))?;
        prop_assert_eq!(&story.violation.rule, &violation.rule);
        prop_assert!(story.faults() <= story.faults_before);
        prop_assert!(story.steps() as u64 <= story.steps_before);
        let last = story.events.iter().map(|event| event.round).max();
        prop_assert!(last <= Some(run.rounds));
        prop_assert!(story.absent.contains(&"noise".to_owned()));
        // One of them alone gets away from the other: no fault is needed when the other has no turns at all.
        prop_assert_eq!(story.faults(), 0);
    }
}
