//! One recorded case of `cases/`, and how an answer is compared with it.

use std::{cell::RefCell, collections::BTreeSet, fs, path::Path};

use componentconfig::{Compat, Diagnostic, Report, yaml};
use conformance_runner::{Runner, first_difference};
use serde_json::Value;

use crate::quirks;

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
    /// Faults of refused documents that an error names by their path in the document.
    by_path: Counted,
    /// Faults of refused documents that an error or a warning points to.
    by_line: Counted,
    /// Faults of documents that are taken, which a warning points to.
    tolerated: Counted,
    /// Warnings that are the recorded ones: none missing, none more.
    warned: Counted,
    /// Answers that are those of upstream with its bugs, and right without them.
    both_ways: RefCell<Vec<String>>,
    /// Errors without a place in the file.
    unplaced: RefCell<Vec<String>>,
    /// Every case that was run.
    run: RefCell<BTreeSet<String>>,
}

#[derive(Default)]
struct Counted(RefCell<(usize, Vec<String>)>);

impl Counted {
    fn count(&self, case: &Case, outcome: Result<(), String>) {
        let (good, bad) = &mut *self.0.borrow_mut();
        match outcome {
            Ok(()) => *good += 1,
            Err(why) => bad.push(format!("{}: {why}", case.name)),
        }
    }

    fn report(&self, what: &str) {
        let (passed, failed) = &*self.0.borrow();
        let all = passed + failed.len();
        #[allow(clippy::cast_precision_loss, reason = "some hundreds")]
        let share = 100.0 * *passed as f64 / all.max(1) as f64;
        println!("{what}: {passed} of {all} ({share:.1} %)");
        for name in failed {
            println!("  not {name}");
        }
    }
}

impl Tally {
    pub(crate) fn report(&self) {
        self.by_path.report("refusals located by path");
        self.by_line.report("refusals located by line");
        self.tolerated.report("warnings located by line");
        self.warned.report("warnings as recorded");
        let unplaced = self.unplaced.borrow();
        println!("errors without a place: {}", unplaced.len());
        for error in &*unplaced {
            println!("  {error}");
        }
        let both_ways = self.both_ways.borrow();
        println!(
            "bugs of upstream repeated on demand and right by default: {}",
            both_ways.len()
        );
        for line in &*both_ways {
            println!("  {line}");
        }
    }

    /// The cases that no suite ran.
    pub(crate) fn left_out<'a>(&self, cases: &'a [Case]) -> Vec<&'a str> {
        let run = self.run.borrow();
        let names = cases.iter().map(|case| case.name.as_str());
        names.filter(|name| !run.contains(*name)).collect()
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

    /// The bug of upstream that the recorded answer is.
    fn upstream_bug(&self) -> Option<&str> {
        self.answer["quirk"]
            .as_str()?
            .strip_prefix("upstream-bug: ")
    }

    /// Runs the case: with the bugs of upstream the answer has to be the recorded one, without them the right one. Where
    /// upstream has none, both are the same.
    pub(crate) fn run(
        &self,
        tally: &Tally,
        answer: fn(&Self, Compat) -> Outcome,
    ) -> Result<(), String> {
        tally.run.borrow_mut().insert(self.name.clone());
        let upstream = answer(self, Compat::Upstream);
        self.check(tally, &upstream)?;
        let fixed = answer(self, Compat::Fixed);
        if let Some(bug) = self.upstream_bug() {
            if self.same(&fixed) {
                return Err("the default repeats the bug".to_owned());
            }
            quirks::fixed(self, bug, &fixed).map_err(|why| format!("by default: {why}"))?;
            let mut both_ways = tally.both_ways.borrow_mut();
            both_ways.push(format!("{}: {bug}", self.name));
        } else if fixed.as_ref().ok() != upstream.as_ref().ok() {
            return Err("another answer by default".to_owned());
        }
        Ok(())
    }

    /// Whether the outcome is the recorded one, counting nothing.
    fn same(&self, outcome: &Outcome) -> bool {
        self.check(&Tally::default(), outcome).is_ok()
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
    fn check(&self, tally: &Tally, outcome: &Outcome) -> Result<(), String> {
        match (outcome, self.answer["expect"].as_str().unwrap()) {
            (Ok((documents, warnings)), "output") => {
                if let Some(outcome) = self.by_line(warnings) {
                    tally.tolerated.count(self, outcome);
                }
                tally.warned.count(self, self.warned(warnings));
                self.compare(documents)
            }
            (Err(report), "error") => {
                for error in report.errors().filter(|error| error.span.is_none()) {
                    tally
                        .unplaced
                        .borrow_mut()
                        .push(format!("{}: {error}", self.name));
                }
                if let Some(outcome) = self.by_path(report) {
                    tally.by_path.count(self, outcome);
                }
                if let Some(outcome) = self.by_line(report.diagnostics()) {
                    tally.by_line.count(self, outcome);
                }
                self.compare_errors(report)
            }
            (Ok(_), _) => Err("accepted".to_owned()),
            (Err(report), _) => Err(format!("refused: {report}")),
        }
    }

    /// The recorded output.
    pub(crate) fn recorded_documents(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.join("expected.yaml")).expect("expected.yaml");
        stream(&text)
    }

    /// The documents of the input.
    pub(crate) fn input_documents(&self) -> Vec<Value> {
        stream(&self.input)
    }

    fn compare(&self, documents: &[Value]) -> Result<(), String> {
        let expected = self.recorded_documents();
        if documents.len() != expected.len() {
            return Err(format!(
                "{} documents, expected {}",
                documents.len(),
                expected.len()
            ));
        }
        for (index, (document, expected)) in documents.iter().zip(&expected).enumerate() {
            let document = self.without_chance(index, document);
            if let Some(difference) = first_difference(&document, expected) {
                return Err(format!("document {index}: {difference}"));
            }
        }
        Ok(())
    }

    /// A document of the output, with the recorded mark where any value that is there matches.
    pub(crate) fn without_chance(&self, index: usize, document: &Value) -> Value {
        let mut document = document.clone();
        for place in self.answer["any"].as_array().into_iter().flatten() {
            let (of, pointer) = place.as_str().unwrap().split_once(':').unwrap();
            if of.parse() == Ok(index)
                && let Some(value) = document.pointer_mut(pointer)
                && (value.is_string() || value.is_number() || value.is_boolean())
            {
                *value = "<any>".into();
            }
        }
        document
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

    /// Whether an error names the fault by its path in the document.
    fn by_path(&self, report: &Report) -> Option<Result<(), String>> {
        let wanted = plain(self.answer["fault"]["path"].as_str()?);
        let paths: Vec<String> = report.errors().map(path_of).collect();
        let here = paths.iter().any(|path| plain(path) == wanted);
        Some(
            here.then_some(())
                .ok_or_else(|| format!("{wanted} in {}", paths.join(", "))),
        )
    }

    /// Whether something that is said points to the line of the fault.
    fn by_line(&self, said: &[Diagnostic]) -> Option<Result<(), String>> {
        let wanted = self.answer["fault"]["line"].as_u64()?;
        let lines = || {
            said.iter()
                .filter_map(|said| said.span)
                .map(|span| span.line)
        };
        let here = lines().any(|line| u64::from(line) == wanted);
        Some(
            here.then_some(())
                .ok_or_else(|| format!("line {wanted}, but {:?}", lines().collect::<Vec<_>>())),
        )
    }

    /// Whether the warnings are the recorded ones, by class and path.
    fn warned(&self, warnings: &[Diagnostic]) -> Result<(), String> {
        let none = Vec::new();
        let wanted = self.answer["warnings"].as_array().unwrap_or(&none);
        let mut missing: Vec<String> = Vec::new();
        let mut left: Vec<&Diagnostic> = warnings.iter().collect();
        for wanted in wanted {
            let single = wanted["path"].as_str().into_iter();
            let several = wanted["paths"].as_array().into_iter().flatten();
            let mut paths = single
                .chain(several.filter_map(Value::as_str))
                .map(plain)
                .peekable();
            let class = wanted["class"].as_str().unwrap();
            let of_class = |warning: &Diagnostic| same_class(class, &warning.class.to_string());
            if paths.peek().is_none() {
                if !warnings.iter().any(of_class) {
                    missing.push(wanted.to_string());
                }
                left.retain(|warning| !of_class(warning));
                continue;
            }
            for path in paths {
                let here =
                    |warning: &Diagnostic| of_class(warning) && plain(&path_of(warning)) == path;
                if !warnings.iter().any(here) {
                    missing.push(format!("{class} {path}"));
                }
                left.retain(|warning| !here(warning));
            }
        }
        let more: Vec<String> = left.iter().map(ToString::to_string).collect();
        let same = missing.is_empty() && more.is_empty();
        same.then_some(())
            .ok_or_else(|| format!("missing {missing:?}, more {more:?}"))
    }
}

fn path_of(said: &Diagnostic) -> String {
    said.path
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default()
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
