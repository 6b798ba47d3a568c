//! `component` in place of `kubeadm config`: the recorded cases of `migrate`, `validate` and `print`, by the program itself.
//!
//! Where it answers otherwise on purpose, the case is in [`DEVIATIONS`] with the reason.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests are tests"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use componentconfig::yaml;
use serde_json::Value;

struct Case {
    name: String,
    folder: PathBuf,
    about: Value,
}

/// Where the program answers otherwise than kubeadm: the beginning of the name of the case, and why.
const DEVIATIONS: &[(&str, &str)] = &[
    (
        "bad-value-token-expires-only",
        "a token may have an expiry and no time to live",
    ),
    (
        "component-config-not-validated",
        "documents of components are validated along",
    ),
    (
        "migrate-upgrade-v1beta4",
        "an UpgradeConfiguration is written like any other kind",
    ),
];

fn cases(operation: &str) -> Vec<Case> {
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../componentconfig/tests/conformance/cases");
    let mut cases: Vec<Case> = fs::read_dir(root)
        .unwrap()
        .map(|entry| {
            let folder = entry.unwrap().path();
            Case {
                name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
                about: yaml::read(&fs::read_to_string(folder.join("case.yaml")).unwrap()).unwrap(),
                folder,
            }
        })
        .filter(|case| case.about["operation"] == operation)
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(!cases.is_empty());
    cases
}

impl Case {
    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_component"))
            .current_dir(&self.folder)
            .args(arguments)
            .output()
            .unwrap()
    }

    fn refused(&self) -> bool {
        self.about["expect"] == "error"
    }

    /// Whether kubeadm answers, and without a bug of its own.
    fn is_sound(&self) -> bool {
        !self.refused() && self.about["quirk"].is_null()
    }

    fn deviates(&self) -> bool {
        DEVIATIONS
            .iter()
            .any(|(name, _)| self.name.starts_with(name))
    }

    /// The status of kubeadm: 3 where the values are wrong or a kind comes twice, 1 for everything else.
    fn status(&self) -> i32 {
        if !self.refused() {
            return 0;
        }
        let path = self.folder.join("expected-error.yaml");
        let expected = yaml::read(&fs::read_to_string(path).unwrap()).unwrap();
        let errors = expected["errors"].as_array().unwrap();
        let values = |error: &Value| {
            matches!(
                error["class"].as_str(),
                Some("validation" | "duplicate-kind")
            )
        };
        if errors.iter().all(values) { 3 } else { 1 }
    }
}

/// The documents of kubeadm in a text, without what depends on the host.
fn documents(case: &Case, text: &str) -> Vec<Value> {
    let mut documents = yaml::read_all("output", text).unwrap();
    if case.about["operation"] == "migrate" {
        // kubeadm drops the documents of components; they are kept here.
        documents.retain(|document| {
            document["apiVersion"]
                .as_str()
                .unwrap()
                .starts_with("kubeadm")
        });
    }
    for place in case.about["any"].as_array().into_iter().flatten() {
        let (index, pointer) = place.as_str().unwrap().split_once(':').unwrap();
        let index: usize = index.parse().unwrap();
        let found = documents
            .get_mut(index)
            .and_then(|document| document.pointer_mut(pointer));
        *found.unwrap_or_else(|| panic!("{}: there is no {pointer}", case.name)) = Value::Null;
    }
    documents
}

#[test]
fn print_and_migrate_write_what_kubeadm_does() {
    for (operation, flags) in [
        ("print", &[][..]),
        ("migrate", &["--old-config", "input.yaml"]),
    ] {
        for case in cases(operation).iter().filter(|case| case.is_sound()) {
            let given = case.about["args"].as_array().into_iter().flatten();
            let given = given.map(|one| one.as_str().unwrap());
            let arguments: Vec<_> = [operation]
                .into_iter()
                .chain(flags.iter().copied())
                .chain(given)
                .collect();
            let written = String::from_utf8(case.run(&arguments).stdout).unwrap();
            let expected = fs::read_to_string(case.folder.join("expected.yaml")).unwrap();
            assert_eq!(
                documents(case, &written),
                documents(case, &expected),
                "{}",
                case.name
            );
        }
    }
}

#[test]
fn every_command_ends_as_kubeadm_does() {
    let mut wrong = Vec::new();
    for (operation, flag) in [("validate", "--config"), ("migrate", "--old-config")] {
        for case in cases(operation) {
            let output = case.run(&[operation, flag, "input.yaml"]);
            let status = output.status.code().unwrap();
            if (status == case.status()) == case.deviates() {
                let said = String::from_utf8(output.stderr).unwrap();
                wrong.push(format!(
                    "{}: {} and not {status} {said}",
                    case.name,
                    case.status()
                ));
            }
            if operation == "validate" && status == 0 {
                assert_eq!(output.stdout, b"ok\n", "{}", case.name);
            }
        }
    }
    for arguments in [
        &["migrate"][..],
        &["validate", "--conf", "x"],
        &["print", "all"],
    ] {
        assert_eq!(
            cases("validate")[0].run(arguments).status.code(),
            Some(1),
            "{arguments:?}"
        );
    }
    for case in cases("print").iter().filter(|case| case.refused()) {
        assert_eq!(
            case.run(&["print", "init-defaults", "--component-configs", "Unheard"])
                .status
                .code(),
            Some(1)
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
