//! One recorded case of `cases/`, and how an answer is compared with it.

use std::{cell::RefCell, fs, path::Path};

use componentconfig::{Diagnostic, Report, yaml};
use conformance_runner::{Runner, first_difference};
use serde_json::Value;

/// What an operation gives: documents with warnings, or errors.
pub(crate) type Outcome = Result<(Vec<Value>, Vec<Diagnostic>), Report>;

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) input: String,
    answer: Value,
    folder: std::path::PathBuf,
}

/// What is counted beside pass and fail.
#[derive(Default)]
pub(crate) struct Tally {
    located: RefCell<(usize, Vec<String>)>,
    warned: RefCell<(usize, Vec<String>)>,
}

impl Tally {
    pub(crate) fn report(&self) {
        for (what, counted) in [("located", &self.located), ("warned", &self.warned)] {
            let (passed, failed) = &*counted.borrow();
            println!("{what}: {passed} of {}", passed + failed.len());
            for name in failed {
                println!("  not {what}: {name}");
            }
        }
    }
}

/// Every case, in the order of its name.
pub(crate) fn all(runner: &Runner) -> Vec<Case> {
    let folder = runner.cases().join("cases");
    let mut names: Vec<_> = fs::read_dir(&folder)
        .expect("the recorded cases")
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|name| Case::read(&folder.join(&name), name))
        .collect()
}

impl Case {
    fn read(folder: &Path, name: String) -> Self {
        let text = fs::read_to_string(folder.join("case.yaml")).expect("case.yaml");
        Self {
            name,
            input: fs::read_to_string(folder.join("input.yaml")).unwrap_or_default(),
            answer: yaml::read(&text).expect("case.yaml"),
            folder: folder.to_owned(),
        }
    }

    pub(crate) fn operation(&self) -> &str {
        self.answer["operation"].as_str().unwrap()
    }

    /// The component that reads the document, for `decode`.
    pub(crate) fn family(&self) -> &str {
        self.answer["family"].as_str().unwrap_or_default()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.answer[name].as_bool().unwrap_or_default()
    }

    pub(crate) fn args(&self) -> Vec<&str> {
        self.answer["args"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|arg| arg.as_str().unwrap())
            .collect()
    }

    /// The drop-in files, by their paths in the folder.
    pub(crate) fn dropins(&self) -> Vec<(String, String)> {
        let files = self.answer["files"].as_array().into_iter().flatten();
        files
            .map(|path| {
                let path = path.as_str().unwrap().to_owned();
                let text = fs::read_to_string(self.folder.join("dropin").join(&path));
                (path, text.expect("a drop-in"))
            })
            .collect()
    }

    /// Whether the outcome is the recorded one.
    pub(crate) fn check(&self, tally: &Tally, outcome: &Outcome) -> Result<(), String> {
        match (outcome, self.answer["expect"].as_str().unwrap()) {
            (Ok((documents, warnings)), "output") => {
                self.locate(tally, warnings.iter());
                self.warned(tally, warnings);
                self.compare(documents)
            }
            (Err(report), "error") => {
                self.locate(tally, report.diagnostics().iter());
                self.compare_errors(report)
            }
            (Ok(_), _) => Err("accepted".to_owned()),
            (Err(report), _) => Err(format!("refused: {report}")),
        }
    }

    fn compare(&self, documents: &[Value]) -> Result<(), String> {
        let text = fs::read_to_string(self.folder.join("expected.yaml")).expect("expected.yaml");
        let expected = stream(&text);
        if documents.len() != expected.len() {
            return Err(format!(
                "{} documents, expected {}",
                documents.len(),
                expected.len()
            ));
        }
        for (index, (document, expected)) in documents.iter().zip(&expected).enumerate() {
            let mut document = document.clone();
            self.forget(index, &mut document);
            if let Some(difference) = first_difference(&document, expected) {
                return Err(format!("document {index}: {difference}"));
            }
        }
        Ok(())
    }

    /// Puts the recorded mark where any value that is there matches.
    fn forget(&self, index: usize, document: &mut Value) {
        for place in self.answer["any"].as_array().into_iter().flatten() {
            let (of, pointer) = place.as_str().unwrap().split_once(':').unwrap();
            if of.parse() == Ok(index)
                && let Some(value) = document.pointer_mut(pointer)
                && (value.is_string() || value.is_number() || value.is_boolean())
            {
                *value = "<any>".into();
            }
        }
    }

    fn compare_errors(&self, report: &Report) -> Result<(), String> {
        let text = fs::read_to_string(self.folder.join("expected-error.yaml"))
            .expect("expected-error.yaml");
        let expected = yaml::read(&text).expect("expected-error.yaml");
        for error in expected["errors"].as_array().into_iter().flatten() {
            let class = error["class"].as_str().unwrap();
            let reported = |d: &Diagnostic| same_class(class, &d.class.to_string());
            if !report.errors().any(reported) {
                return Err(format!("no error of class {class}: {report}"));
            }
        }
        for path in expected["paths"].as_array().into_iter().flatten() {
            let path = plain(path.as_str().unwrap());
            let reported = |d: &Diagnostic| {
                d.path
                    .as_ref()
                    .is_some_and(|at| plain(&at.to_string()) == path)
            };
            if !report.errors().any(reported) {
                return Err(format!("no error at {path}: {report}"));
            }
        }
        Ok(())
    }

    fn locate<'a>(&self, tally: &Tally, mut said: impl Iterator<Item = &'a Diagnostic>) {
        let Some(line) = self.answer["fault"]["line"].as_u64() else {
            return;
        };
        let here = said.any(|d| d.span.is_some_and(|span| u64::from(span.line) == line));
        self.count(&tally.located, here);
    }

    fn warned(&self, tally: &Tally, warnings: &[Diagnostic]) {
        let Some(expected) = self.answer["warnings"].as_array() else {
            return;
        };
        let all = expected.iter().all(|wanted| {
            warnings.iter().any(|warning| {
                let path = warning
                    .path
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                let single = wanted["path"].as_str();
                let several = wanted["paths"].as_array();
                same_class(
                    wanted["class"].as_str().unwrap(),
                    &warning.class.to_string(),
                ) && single.is_none_or(|wanted| plain(wanted) == plain(&path))
                    && several.is_none_or(|paths| {
                        paths
                            .iter()
                            .any(|p| plain(p.as_str().unwrap()) == plain(&path))
                    })
            })
        });
        self.count(&tally.warned, all);
    }

    fn count(&self, counted: &RefCell<(usize, Vec<String>)>, passed: bool) {
        let (good, bad) = &mut *counted.borrow_mut();
        if passed {
            *good += 1;
        } else {
            bad.push(self.name.clone());
        }
    }
}

/// Classes that come from different layers upstream count as equal.
fn same_class(wanted: &str, given: &str) -> bool {
    let group = |class: &str| match class {
        "missing-kind" | "missing-version" | "missing-type-meta" => "missing",
        "not-registered" | "unknown-api" => "unknown",
        _ => "",
    };
    wanted == given || (!group(wanted).is_empty() && group(wanted) == group(given))
}

/// `a.0` for `a[0]`.
fn plain(path: &str) -> String {
    path.replace('[', ".").replace(']', "")
}

/// The documents of an expected file, which has no kinds where the operation makes none up.
fn stream(text: &str) -> Vec<Value> {
    text.split("\n---\n")
        .map(|part| yaml::read(part).expect("expected.yaml"))
        .collect()
}
