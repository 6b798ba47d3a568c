//! Laws of explanations, extracts and the YAML they are shown in.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use std::collections::BTreeMap;

use apply_semantics::{
    explain::{Explanation, Field, View, explain, explain_as},
    extract::{extract, extract_with_keys},
    fieldset::FieldSet,
    managed_fields::{Entry, ManagedFields, Manager, Operation, strip},
    schema::Type,
    typed::{Duplicates, Typed},
    updater::{Change, Managed, Managers, SameVersion, Updater},
    value::equal,
};
use proptest::{collection, option, prelude::*};
use serde_json::{Map, Number, Value, json};

const VERSION: &str = "apps/v1";

fn ty() -> Type {
    Type::builtin(VERSION, "Deployment").unwrap()
}

fn some<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let present = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect())
}

fn word() -> impl Strategy<Value = Value> {
    prop_oneof![Just("a"), Just("b"), Just("c")].prop_map(Value::from)
}

fn words() -> impl Strategy<Value = Value> {
    collection::btree_map("[abc]", word(), 0..3)
        .prop_map(|map| Value::Object(map.into_iter().collect()))
}

fn keyed(key: &'static str, item: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    collection::btree_map("[abc]", item, 1..3).prop_map(move |items| {
        let named = items.into_iter().map(|(name, mut item)| {
            item[key] = name.into();
            item
        });
        named.collect()
    })
}

fn ports() -> impl Strategy<Value = Value> {
    let port = (1_i64..4, prop_oneof![Just("TCP"), Just("UDP")]);
    collection::btree_map(port, option::of(word()), 1..3).prop_map(|ports| {
        let port = |((number, protocol), name)| {
            some([
                ("containerPort", Some(json!(number))),
                ("protocol", Some(json!(protocol))),
                ("name", name),
            ])
        };
        ports.into_iter().map(port).collect()
    })
}

fn containers() -> impl Strategy<Value = Value> {
    let env = keyed(
        "name",
        option::of(word()).prop_map(|value| some([("value", value)])),
    );
    let container = (
        option::of(word()),
        option::of(ports()),
        option::of(env),
        option::of(collection::vec(word(), 0..3).prop_map(Value::from)),
    )
        .prop_map(|(image, ports, env, args)| {
            some([
                ("image", image),
                ("ports", ports),
                ("env", env),
                ("args", args),
            ])
        });
    keyed("name", container)
}

fn deployments() -> impl Strategy<Value = Value> {
    let finalizers =
        collection::btree_set("[abc]", 1..3).prop_map(|set| json!(Vec::from_iter(set)));
    let metadata =
        (option::of(words()), option::of(finalizers)).prop_map(|(labels, finalizers)| {
            some([
                ("name", Some("web".into())),
                ("labels", labels),
                ("finalizers", finalizers),
            ])
        });
    let spec = (
        option::of((1_i64..4).prop_map(Value::from)),
        option::of(words().prop_map(|labels| json!({"matchLabels": labels}))),
        option::of(containers()),
        option::of(words()),
    )
        .prop_map(|(replicas, selector, containers, nodes)| {
            let pod = some([("containers", containers), ("nodeSelector", nodes)]);
            some([
                ("replicas", replicas),
                ("selector", selector),
                ("template", Some(json!({"spec": pod}))),
            ])
        });
    (metadata, option::of(spec)).prop_map(|(metadata, spec)| {
        some([
            ("apiVersion", Some(VERSION.into())),
            ("kind", Some("Deployment".into())),
            ("metadata", Some(metadata)),
            ("spec", spec),
        ])
    })
}

#[derive(Debug, Clone)]
struct Write {
    manager: &'static str,
    operation: Operation,
    object: Value,
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let write = (
        prop_oneof![Just("x"), Just("y"), Just("z")],
        prop_oneof![3 => Just(Operation::Apply), 1 => Just(Operation::Update)],
        deployments(),
    )
        .prop_map(|(manager, operation, object)| Write {
            manager,
            operation,
            object,
        });
    collection::vec(write, 1..6)
}

/// Writes with force, and without what nobody owns.
#[derive(Debug)]
struct Server {
    updater: Updater<SameVersion>,
    live: Typed,
    managers: Managers,
    entries: BTreeMap<String, Entry>,
}

impl Server {
    fn after(writes: &[Write]) -> Self {
        let mut server = Self {
            updater: Updater::new(SameVersion),
            live: Typed::unchecked(ty(), None),
            managers: Managers::new(),
            entries: BTreeMap::new(),
        };
        for write in writes {
            let manager = match write.operation {
                Operation::Apply => Manager::applier(write.manager, ""),
                Operation::Update => Manager::updater(write.manager, VERSION, ""),
            };
            let entry = Entry::new(write.manager, write.operation, VERSION, FieldSet::new());
            server.entries.insert(manager.identifier(), entry);
            server.write(&manager, &write.object);
        }
        server
    }

    /// Whether the object changes.
    fn write(&mut self, manager: &Manager, object: &Value) -> bool {
        let change = Change::new(manager.identifier(), VERSION).force();
        let object = Typed::new(ty(), object.clone(), Duplicates::Forbid).unwrap();
        let (changed, managers) = match manager.operation() {
            Operation::Apply => {
                let applied = self
                    .updater
                    .apply(&self.live, object, &self.managers, &change);
                let applied = applied.unwrap();
                (applied.object, applied.managers)
            }
            Operation::Update => {
                let managers = self
                    .updater
                    .update(&self.live, &object, &self.managers, &change);
                (Some(object), managers.unwrap())
            }
        };
        let stripped = managers.into_iter().map(|(name, managed)| {
            let fields = strip(&managed.fields);
            (name, Managed { fields, ..managed })
        });
        self.managers = stripped
            .filter(|(_, managed)| !managed.fields.is_empty())
            .collect();
        let is_changed = changed.is_some();
        if let Some(object) = changed {
            self.live = object;
        }
        is_changed
    }

    fn object(&self) -> Value {
        let managed: ManagedFields = self
            .managers
            .iter()
            .map(|(name, managed)| {
                self.entries[name]
                    .clone()
                    .with_fields(managed.fields.clone())
            })
            .collect();
        let mut object = self.live.value().unwrap().clone();
        managed.write(&mut object);
        object
    }
}

fn without_entries(object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("managedFields");
    object
}

fn owners(explanation: &Explanation<'_>) -> BTreeMap<String, Vec<String>> {
    let owned = explanation.fields().filter(|field| field.is_owned());
    owned
        .map(|field| {
            let owners = field.owners().map(|owner| owner.manager().to_string());
            (field.pointer(), owners.collect())
        })
        .collect()
}

/// What readers make of YAML: one as Kubernetes reads it, by the rules of YAML 1.1, and one by those of YAML 1.2.
fn readings(yaml: &str) -> Result<[Value; 2], TestCaseError> {
    let failed = |error: String| TestCaseError::fail(format!("{error}: {yaml}"));
    Ok([
        componentconfig::yaml::read(yaml).map_err(|error| failed(error.to_string()))?,
        serde_yaml::from_str(yaml).map_err(|error| failed(error.to_string()))?,
    ])
}

/// Any text, and more often those that YAML reads in its own ways.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "\\PC{0,12}",
        1 => any::<String>(),
        2 => "[a-z \n#:'\"\\-\\[\\]{}|>%@&*!?,.0-9]{0,10}",
        1 => prop::sample::select(vec![
            "yes", "No", "on", "~", "null", "true", "1", "1.0", "0x1f", "0o7", "017", "1e3", "1_000", "12:30:45", "2024-01-01", ".inf",
            "-.INF", ".nan", "<<", "=", "---", "...", "- a", "? a", "a: b", "a #b", "#a", "key:", " a", "a ", "a\nb", "a\n", "a\n\n",
            "\na", "a\n b\n", "a\n\tb", "a \nb", "\t", "\u{85}", "\u{2028}", "\u{feff}a", "\u{1F600}", "\u{7f}", "a\rb", "!!str a",
            "\u{fffe}", "\u{10ffff}", "a\n---\nb", "|", "%YAML",
        ]).prop_map(str::to_owned),
    ]
}

fn values() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |float| Number::from_f64(float).map(Value::Number)),
        prop::sample::select(vec![1e21, 1e-7, 0.1, -0.0, 1.0, 5e300]).prop_map(Value::from),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        texts().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            collection::btree_map(texts(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn yaml_reads_back_as_the_object(writes in writes()) {
        let object = Server::after(&writes).object();
        let explanation = explain(&object).unwrap();
        let yaml = explanation.yaml(View::new().times().unowned());
        for read in readings(&yaml)? {
            prop_assert!(equal(&read, &without_entries(&object)), "{yaml}");
        }
    }

    #[test]
    fn yaml_of_any_value_reads_back(value in values(), key in texts()) {
        let object = json!({ key: value.clone(), "kind": value });
        let yaml = explain(&object).unwrap().yaml(View::new());
        for read in readings(&yaml)? {
            prop_assert!(equal(&read, &object), "{yaml}\n{read}\n{object}");
        }
    }

    #[test]
    fn long_keys_read_back(key in "[a-z :#\n\"]{250,1200}", value in values()) {
        let object = json!({"list": [{ key.clone(): value.clone() }], key: value});
        let yaml = explain(&object).unwrap().yaml(View::new());
        for read in readings(&yaml)? {
            prop_assert!(equal(&read, &object), "{yaml}");
        }
    }

    #[test]
    fn owners_add_up_to_the_entries(writes in writes()) {
        let object = Server::after(&writes).object();
        let explanation = explain(&object).unwrap();
        for entry in explanation.entries() {
            let is_it = |owner: &Entry| owner.manager() == entry.manager();
            let owned = explanation.fields().filter(|field| field.owners().any(is_it));
            let present: FieldSet = owned.map(Field::path).collect();
            let absent = explanation.absent().find(|(owner, _)| is_it(owner)).map(|(_, fields)| fields.clone());
            let absent = absent.unwrap_or_default();
            prop_assert!(present.intersection(&absent).is_empty());
            prop_assert_eq!(present.union(&absent).to_string(), entry.fields().to_string());
        }
        for owner in explanation.entries() {
            let fields = explanation.owned_by(owner.name()).count();
            prop_assert!(fields > 0 || explanation.absent().any(|(other, _)| other.name() == owner.name()));
        }
    }

    #[test]
    fn every_leaf_comes_out_once(writes in writes()) {
        let object = Server::after(&writes).object();
        let explanation = explain(&object).unwrap();
        let mut pointers: Vec<String> = explanation.fields().map(Field::pointer).collect();
        for field in explanation.fields() {
            prop_assert_eq!(object.pointer(&field.pointer()), Some(field.value()));
            let found = explanation.of(&field.pointer()).unwrap();
            prop_assert_eq!(found.pointer(), field.pointer());
            let at = explanation.at(&field.path()).unwrap();
            prop_assert_eq!(at.pointer(), field.pointer());
        }
        let all = pointers.len();
        pointers.sort();
        pointers.dedup();
        prop_assert_eq!(pointers.len(), all);
    }

    /// Whatever somebody asks for, there is an answer: a field that is in the object, or that there is none.
    #[test]
    fn any_text_is_answered(writes in writes(), text in texts(), way in "[./\\[\\]\"'a-c0-2=specnamet]{0,24}") {
        let object = Server::after(&writes).object();
        let explanation = explain(&object).unwrap();
        for text in [text.clone(), way.clone(), format!("/{way}"), format!(".spec.{way}"), format!("$.{text}")] {
            if let Ok(field) = explanation.of(&text) {
                prop_assert!(object.pointer(&field.pointer()).is_some());
            }
        }
    }

    /// Sets of fields show as much of a type as it takes to explain them.
    #[test]
    fn inferred_types_find_the_same_owners(writes in writes()) {
        let object = Server::after(&writes).object();
        let mut unknown = object.clone();
        unknown["kind"] = "Gadget".into();
        let inferred = explain(&unknown).unwrap();
        let known = explain_as(&unknown, &ty()).unwrap();
        prop_assert_eq!(owners(&inferred), owners(&known));
        for (entry, absent) in inferred.absent() {
            prop_assert!(known.absent().any(|(other, fields)| other == entry && fields == absent), "{absent}");
        }
    }

    /// Who applies again what he owns changes nothing and comes to own nothing else.
    #[test]
    fn extracts_change_nothing(writes in writes()) {
        let mut server = Server::after(&writes);
        let object = server.object();
        let managed = ManagedFields::decode(&object).unwrap();
        for entry in managed.iter().filter(|entry| entry.operation() == Operation::Apply) {
            let config = extract(&object, entry.name(), "", &ty()).unwrap().unwrap();
            if Typed::new(ty(), config.clone(), Duplicates::Forbid).is_ok() {
                let before = server.managers.clone();
                prop_assert!(!server.write(&entry.manager(), &config), "{config}");
                prop_assert_eq!(&server.managers, &before, "{}", config);
            }
            let config = extract_with_keys(&object, entry.name(), "", &ty()).unwrap().unwrap();
            prop_assert!(!server.write(&entry.manager(), &config), "{config}");
        }
    }

    /// Whoever is told of no conflict can apply, and who is told of some cannot.
    #[test]
    fn conflicts_are_those_of_the_apply(writes in writes(), config in deployments()) {
        let server = Server::after(&writes);
        let object = server.object();
        let explanation = explain(&object).unwrap();
        let told = explanation.conflicts("x", "", &config).unwrap();
        let change = Change::new(Manager::applier("x", "").identifier(), VERSION);
        let config = Typed::new(ty(), config, Duplicates::Forbid).unwrap();
        let applied = server.updater.apply(&server.live, config, &server.managers, &change);
        // Objects without entries have got some before they are applied.
        prop_assert!(server.managers.is_empty() || applied.is_ok() == told.is_empty());
        for conflict in &told {
            let field = explanation.at(conflict.path());
            let owned = field.is_some_and(|field| field.owners().any(|owner| owner == conflict.owner()));
            let absent = explanation.absent().any(|(owner, fields)| owner == conflict.owner() && fields.contains(conflict.path()));
            prop_assert!(owned || absent || server.managers.is_empty(), "{conflict}");
        }
    }
}
