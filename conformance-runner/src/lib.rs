//! Replays recorded cases and reports them suite by suite.
//!
//! Every crate of the workspace that has recorded cases has a test target without the standard harness
//! (`tests/conformance.rs`, `harness = false`) whose `main` walks its cases with a [`Runner`] and returns
//! [`Runner::finish`]. The cases lie in `tests/conformance/` of the crate, or in `$CONFORMANCE_DIR/<crate>` when
//! that variable is set; the layout is the same.
//!
//! ```
//! use conformance_runner::Runner;
//!
//! let mut runner = Runner::new("my-crate", env!("CARGO_MANIFEST_DIR"));
//! runner.case("addition", "one-and-one", || {
//!     if 1 + 1 == 2 { Ok(()) } else { Err("one and one is not two".to_owned()) }
//! });
//! runner.not_counted("subtraction", 3, "no subtraction here yet");
//! assert!(runner.report().contains("addition: 1 passed, 0 failed"));
//! ```

mod cases;
mod compare;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    process::ExitCode,
};

pub use cases::{JsonLines, json_lines};
pub use compare::{first_difference, same_number};

/// Collects the outcome of every case and prints them suite by suite.
#[derive(Debug)]
pub struct Runner {
    cases: PathBuf,
    exceptions: BTreeMap<String, String>,
    seen: BTreeSet<String>,
    suites: BTreeMap<String, Suite>,
    not_counted: Vec<(String, usize, String)>,
    only: Option<String>,
}

#[derive(Debug, Default)]
struct Suite {
    passed: usize,
    failed: Vec<(String, String)>,
    deviates: Vec<(String, String)>,
}

impl Runner {
    /// A runner for the crate `name` whose manifest lies in `manifest_dir`.
    ///
    /// Reads `tests/conformance-exceptions.txt` of the crate when it is there: one line per case,
    /// its id, blanks, and the reason why the recorded answer is not ours; `#` begins a comment.
    ///
    /// When the environment holds `CONFORMANCE_ONLY`, only cases whose id contains it are run.
    #[must_use]
    pub fn new(name: &str, manifest_dir: &str) -> Self {
        let tests = Path::new(manifest_dir).join("tests");
        let cases = env::var_os("CONFORMANCE_DIR").map_or_else(
            || tests.join("conformance"),
            |dir| PathBuf::from(dir).join(name),
        );
        let exceptions =
            fs::read_to_string(tests.join("conformance-exceptions.txt")).unwrap_or_default();
        Self {
            cases,
            exceptions: parse_exceptions(&exceptions),
            seen: BTreeSet::new(),
            suites: BTreeMap::new(),
            not_counted: Vec::new(),
            only: env::var("CONFORMANCE_ONLY").ok(),
        }
    }

    /// The folder that holds the recorded cases.
    #[must_use]
    pub fn cases(&self) -> &Path {
        &self.cases
    }

    /// Runs one case. An `Err` or a panic is a failure, unless the case is a listed exception.
    ///
    /// A listed exception that passes is a failure too: its line has to go.
    pub fn case(&mut self, suite: &str, id: &str, run: impl FnOnce() -> Result<(), String>) {
        if self.only.as_deref().is_some_and(|only| !id.contains(only)) {
            return;
        }
        self.seen.insert(id.to_owned());
        let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
            let text = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            Err(format!("panicked: {text}"))
        });
        let entry = self.suites.entry(suite.to_owned()).or_default();
        match (outcome, self.exceptions.get(id)) {
            (Ok(()), None) => entry.passed += 1,
            (Ok(()), Some(_)) => entry.failed.push((
                id.to_owned(),
                "is listed as an exception but passes".to_owned(),
            )),
            (Err(_), Some(reason)) => entry.deviates.push((id.to_owned(), reason.clone())),
            (Err(why), None) => entry.failed.push((id.to_owned(), why)),
        }
    }

    /// Names a suite (or a part of one) whose cases exist but are not run yet, and why.
    pub fn not_counted(&mut self, suite: &str, cases: usize, why: &str) {
        self.not_counted
            .push((suite.to_owned(), cases, why.to_owned()));
    }

    /// Names cases that exist but are not run yet, and why. Unlike with [`Runner::not_counted`], exceptions may name them.
    pub fn not_replayed<'a>(
        &mut self,
        suite: &str,
        ids: impl IntoIterator<Item = &'a str>,
        why: &str,
    ) {
        let before = self.seen.len();
        self.seen.extend(ids.into_iter().map(str::to_owned));
        self.not_counted(suite, self.seen.len() - before, why);
    }

    /// The report so far, as text: for each suite `suite: N passed, M failed` and the ids that failed.
    #[must_use]
    pub fn report(&self) -> String {
        self.to_string()
    }

    /// Prints the report and answers whether every case passed and every exception exists.
    #[must_use]
    #[allow(clippy::print_stdout, reason = "the report is what this crate is for")]
    pub fn finish(self) -> ExitCode {
        print!("{self}");
        let unknown: Vec<_> = if self.only.is_some() || env::var_os("CONFORMANCE_DIR").is_some() {
            Vec::new()
        } else {
            self.exceptions
                .keys()
                .filter(|id| !self.seen.contains(*id))
                .collect()
        };
        for id in &unknown {
            println!("exception {id} names no case");
        }
        let failed = self.suites.values().any(|suite| !suite.failed.is_empty());
        if failed || !unknown.is_empty() || (self.suites.is_empty() && self.only.is_none()) {
            return ExitCode::FAILURE;
        }
        ExitCode::SUCCESS
    }
}

impl fmt::Display for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, suite) in &self.suites {
            write!(
                f,
                "{name}: {} passed, {} failed",
                suite.passed,
                suite.failed.len()
            )?;
            if !suite.deviates.is_empty() {
                write!(f, ", {} deviate", suite.deviates.len())?;
            }
            writeln!(f)?;
            for (id, why) in &suite.failed {
                writeln!(f, "  failed {id}: {why}")?;
            }
            for (id, reason) in &suite.deviates {
                writeln!(f, "  deviates {id}: {reason}")?;
            }
        }
        for (name, cases, why) in &self.not_counted {
            writeln!(f, "{name}: {cases} not counted: {why}")?;
        }
        let passed: usize = self.suites.values().map(|suite| suite.passed).sum();
        let failed: usize = self.suites.values().map(|suite| suite.failed.len()).sum();
        writeln!(f, "conformance: {passed} passed, {failed} failed")
    }
}

fn parse_exceptions(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_once(char::is_whitespace))
        .map(|(id, reason)| (id.to_owned(), reason.trim().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_and_panics_are_counted_and_named() {
        let mut runner = Runner::new("none", "/nonexistent");
        runner.case("s", "good", || Ok(()));
        runner.case("s", "bad", || Err("differs".to_owned()));
        runner.case("s", "worse", || panic!("boom"));
        let report = runner.report();
        assert!(report.contains("s: 1 passed, 2 failed"), "{report}");
        assert!(report.contains("failed bad: differs"), "{report}");
        assert!(report.contains("failed worse: panicked: boom"), "{report}");
        assert_eq!(runner.finish(), ExitCode::FAILURE);
    }

    #[test]
    fn an_exception_must_still_fail() {
        let mut runner = Runner::new("none", "/nonexistent");
        runner.exceptions = parse_exceptions("# why\nodd   upstream is wrong\nfine  was wrong\n");
        runner.case("s", "odd", || Err("differs".to_owned()));
        runner.case("s", "fine", || Ok(()));
        let report = runner.report();
        assert!(
            report.contains("s: 0 passed, 1 failed, 1 deviate"),
            "{report}"
        );
        assert!(
            report.contains("deviates odd: upstream is wrong"),
            "{report}"
        );
    }

    #[test]
    fn an_exception_may_name_a_case_that_is_not_replayed() {
        let mut runner = Runner::new("none", "/nonexistent");
        runner.only = None;
        runner.exceptions = parse_exceptions("odd  upstream is wrong\n");
        runner.case("s", "good", || Ok(()));
        runner.not_replayed("t", ["odd", "other"], "not yet");
        assert!(runner.report().contains("t: 2 not counted: not yet"));
        assert_eq!(runner.finish(), ExitCode::SUCCESS);
    }

    #[test]
    fn nothing_run_is_a_failure() {
        assert_eq!(
            Runner::new("none", "/nonexistent").finish(),
            ExitCode::FAILURE
        );
    }
}
