//! Two processes on one root: the second says who holds it, and fails or waits as it is told; when it gets the root, it goes on
//! from what the first one left, killed or not.
//!
//! The program starts itself: a child runs a workflow whose second phase waits for a file that the parent makes.

use std::{
    env,
    error::Error,
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
    process::{Child, Command, ExitCode, Stdio},
    time::Duration,
};

use bootstrap_phases::{
    CancelToken, Content, Cx, Digest, Event, EventKind, FileJournal, JournalError, Node,
    PhaseError, Plan, RetryPolicy, Runner, StdFiles, SystemClock, Workflow,
};

const CHILD: &str = "TWO_RUNS_CHILD";

fn main() -> ExitCode {
    let outcome = match env::var(CHILD) {
        Ok(order) => child(&order),
        Err(_) => parent(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "two_runs: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The first file tells which process made it.
fn mark(cx: &Cx<'_, ()>) -> Result<Plan, PhaseError> {
    let mut plan = cx.draft();
    if cx.files.stat("/mark")?.is_none() {
        let content = Content::text(std::process::id().to_string());
        plan.file("/mark", 0o600, content)?;
    }
    Ok(plan.finish())
}

fn wait(cx: &Cx<'_, ()>) -> Result<Plan, PhaseError> {
    if cx.files.stat("/go")?.is_none() {
        return Err(PhaseError::not_yet("not-yet", "nobody said go"));
    }
    let mut plan = cx.draft();
    plan.file("/done", 0o600, Content::text("done"))?;
    Ok(plan.finish())
}

/// `PATIENCE FOLDER`: waits so many seconds for the root, then runs. Tells what happens a line each.
fn child(order: &str) -> Result<(), Box<dyn Error>> {
    let (patience, folder) = order.split_once(' ').ok_or("an order is PATIENCE FOLDER")?;
    let patience = Duration::from_secs(patience.parse()?);
    let folder = Path::new(folder);
    let path = folder.join("journal.jsonl");
    let (clock, cancel) = (SystemClock, CancelToken::new());
    let opened = FileJournal::open_when_free(&path, patience, &clock, &cancel, |holder| {
        tell(&format!("held by {holder:?}"));
    });
    let journal = match opened {
        Ok(journal) => journal,
        Err(JournalError::Locked {
            holder: Some(holder),
            ..
        }) => {
            tell(&format!("refused: {}", holder.pid));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let poll = RetryPolicy::new().poll(Duration::from_millis(10));
    let flow = Workflow::new("two")
        .phase(Node::new("mark", "Says who was here").run(mark))
        .phase(Node::new("wait", "Waits").run(wait).retry(poll))
        .build()?;
    let files = StdFiles::new(folder.join("root"));
    let events = |event: &Event| match &event.kind {
        EventKind::RunStarted { resumed, .. } => tell(&format!("started, resumed: {resumed}")),
        EventKind::RunFinished { changes, .. } => tell(&format!("finished, changes: {changes}")),
        EventKind::Waiting { .. } => tell("waiting"),
        _ => {}
    };
    Runner::new(&flow, &files)
        .journal(&journal, Digest::of(b"two"))
        .events(&events)
        .run(&())?;
    Ok(())
}

fn tell(line: &str) {
    // A parent that is gone has nothing to hear.
    let _ = writeln!(io::stdout(), "{line}");
}

struct Run {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Run {
    fn start(folder: &Path, patience: u64) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(env::current_exe()?)
            .env(CHILD, format!("{patience} {}", folder.display()))
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?);
        Ok(Self { child, lines })
    }

    /// Reads until a line that begins so.
    fn until(&mut self, beginning: &str) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        while self.lines.read_line(&mut line)? > 0 {
            if line.starts_with(beginning) {
                return Ok(line.trim_end().to_owned());
            }
            line.clear();
        }
        Err(format!("it never said {beginning:?}").into())
    }

    /// All it says from now on; it ends well.
    fn rest(mut self) -> Result<String, Box<dyn Error>> {
        let mut text = String::new();
        self.lines.read_to_string(&mut text)?;
        let status = self.child.wait()?;
        if status.success() {
            return Ok(text);
        }
        Err(format!("{status}: {text}").into())
    }
}

fn demand(holds: bool, what: &str) -> Result<(), Box<dyn Error>> {
    if holds { Ok(()) } else { Err(what.into()) }
}

fn folder() -> Result<tempfile::TempDir, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join("root"))?;
    Ok(folder)
}

fn parent() -> Result<(), Box<dyn Error>> {
    one_after_the_other()?;
    after_a_kill()?;
    Ok(writeln!(
        io::stdout(),
        "two_runs: refused, waited, went on after a kill"
    )?)
}

fn one_after_the_other() -> Result<(), Box<dyn Error>> {
    let folder = folder()?;
    let mut first = Run::start(folder.path(), 0)?;
    first.until("waiting")?;
    let pid = first.child.id();
    let refused = Run::start(folder.path(), 0)?.rest()?;
    demand(refused.trim_end() == format!("refused: {pid}"), &refused)?;
    let mut second = Run::start(folder.path(), 600)?;
    let held = second.until("held by")?;
    demand(held.contains(&format!("pid: {pid},")), &held)?;
    demand(held.contains("since:"), &held)?;
    fs::write(folder.path().join("root/go"), b"")?;
    let told = first.rest()?;
    demand(told.contains("finished, changes: 2"), &told)?;
    let told = second.rest()?;
    demand(
        told.contains("started, resumed: false") && told.contains("finished, changes: 0"),
        &told,
    )?;
    marked_by(folder.path(), pid)
}

fn after_a_kill() -> Result<(), Box<dyn Error>> {
    let folder = folder()?;
    let mut first = Run::start(folder.path(), 0)?;
    first.until("waiting")?;
    let pid = first.child.id();
    let mut second = Run::start(folder.path(), 600)?;
    second.until("held by")?;
    first.child.kill()?;
    first.child.wait()?;
    second.until("started, resumed: true")?;
    fs::write(folder.path().join("root/go"), b"")?;
    let told = second.rest()?;
    demand(told.contains("finished, changes: 1"), &told)?;
    marked_by(folder.path(), pid)
}

fn marked_by(folder: &Path, pid: u32) -> Result<(), Box<dyn Error>> {
    let mark = fs::read_to_string(folder.join("root/mark"))?;
    demand(mark == pid.to_string(), &mark)
}
