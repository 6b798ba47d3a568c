//! Kills a run for real: at every durable step, one process after another, until one comes through.
//!
//! The test starts itself anew as a child that runs a workflow on a real disk with a real journal and aborts in place of step
//! number n. Then a second child resumes, is killed as well, and a third one finishes. What is there afterwards is compared
//! with what a run leaves that nobody killed.

use std::{
    collections::BTreeMap,
    env,
    error::Error,
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, ExitCode, Stdio, abort, id},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use bootstrap_phases::{
    Content, Cx, Digest, FileJournal, Files, Flow, Node, PhaseError, Plan, Record, RunStatus,
    Runner, StdFiles, Workflow,
    testing::{CrashFiles, CrashJournal, CrashPoint},
};

const CHILD: &str = "BOOTSTRAP_PHASES_KILL_TEST";

fn main() -> ExitCode {
    let outcome = match env::var(CHILD) {
        Ok(order) => child(&order),
        Err(_) => parent(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "kill: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The configuration.
struct Settings {
    name: &'static str,
}

const SETTINGS: Settings = Settings { name: "demo" };

fn flow() -> Result<Flow<Settings>, Box<dyn Error>> {
    let workflow = Workflow::new("kill")
        .phase(
            Node::new("pki", "Keys and certificates").children([
                Node::new("ca", "The CA").outputs(["pki/ca"]).run(ca),
                Node::new("server", "The server's certificate")
                    .inputs(["pki/ca"])
                    .run(server),
            ]),
        )
        .phase(
            Node::new("manifests", "Manifests")
                .inputs(["pki/ca"])
                .run(manifests),
        )
        .phase(Node::new("clean", "What was before").run(clean));
    Ok(workflow.build()?)
}

/// Something that no two calls and no two processes make alike, as a key is.
fn random() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Digest::of(format!("{} {now:?}", id()).as_bytes()).to_string()
}

fn ca(cx: &Cx<'_, Settings>) -> Result<Plan, PhaseError> {
    pair(cx, "/etc/pki/ca", "ca")
}

fn server(cx: &Cx<'_, Settings>) -> Result<Plan, PhaseError> {
    let issuer = cx.files.read("/etc/pki/ca.crt")?;
    pair(cx, "/etc/pki/server", &Digest::of(&issuer).to_string())
}

/// A key and what is known of it; made if there is none, refused if there is half of one.
fn pair(cx: &Cx<'_, Settings>, path: &str, issuer: &str) -> Result<Plan, PhaseError> {
    let (crt, key) = (format!("{path}.crt"), format!("{path}.key"));
    let certificate =
        |key: &[u8]| format!("{} of {issuer} for {}\n", Digest::of(key), cx.config.name);
    let mut plan = cx.draft();
    match (
        cx.files.read_if_exists(&crt)?,
        cx.files.read_if_exists(&key)?,
    ) {
        (None, None) => {
            let secret = random();
            plan.dir("/etc/pki", 0o755)?;
            plan.file(&crt, 0o644, Content::text(certificate(secret.as_bytes())))?;
            plan.file(&key, 0o600, Content::secret(secret))?;
        }
        (Some(crt), Some(key)) if crt == certificate(&key).as_bytes() => {}
        _ => return Err(PhaseError::conflict("half", format!("half of {path}"))),
    }
    Ok(plan.finish())
}

fn manifests(cx: &Cx<'_, Settings>) -> Result<Plan, PhaseError> {
    let mut plan = cx.draft();
    plan.dir("/etc/manifests", 0o700)?;
    for name in ["one", "two"] {
        let text = format!("name: {name}\nof: {}\n", cx.config.name);
        plan.file(
            &format!("/etc/manifests/{name}.yaml"),
            0o600,
            Content::text(text),
        )?;
    }
    Ok(plan.finish())
}

fn clean(cx: &Cx<'_, Settings>) -> Result<Plan, PhaseError> {
    let mut plan = cx.draft();
    plan.absent("/var/old")?
        .empty_dir("/var/cache")?
        .mode("/var/log", 0o640)?;
    Ok(plan.finish())
}

/// Runs the workflow below a folder, and aborts in place of a step; `order` is `STEP FOLDER`, step `never` for a whole run.
fn child(order: &str) -> Result<(), Box<dyn Error>> {
    let (step, folder) = order.split_once(' ').ok_or("an order is STEP FOLDER")?;
    let point = match step {
        "never" => CrashPoint::never(),
        step => CrashPoint::at(step.parse()?).then(|| abort()),
    };
    let folder = Path::new(folder);
    let files = StdFiles::new(folder.join("root"));
    let journal = FileJournal::open(folder.join("journal.jsonl"))?;
    let (files, journal) = (
        CrashFiles::new(&files, &point),
        CrashJournal::new(&journal, &point),
    );
    let config = Digest::of(SETTINGS.name.as_bytes());
    Runner::new(&flow()?, &files)
        .journal(&journal, config)
        .run(&SETTINGS)?;
    fs::write(folder.join("steps"), point.steps().to_string())?;
    Ok(())
}

/// Whether a child came through; an error if it failed without being killed.
fn spawn(folder: &Path, step: &str) -> Result<bool, Box<dyn Error>> {
    let order = format!("{step} {}", folder.display());
    let status = Command::new(env::current_exe()?)
        .env(CHILD, order)
        .stderr(Stdio::inherit())
        .status()?;
    match status.code() {
        Some(0) => Ok(true),
        Some(code) => Err(format!("step {step}: exit code {code}").into()),
        None => Ok(false),
    }
}

fn before(folder: &Path) -> Result<StdFiles, Box<dyn Error>> {
    fs::create_dir(folder.join("root"))?;
    let files = StdFiles::new(folder.join("root"));
    files.create_dir_all("/var/old/deep", 0o755)?;
    files.create_dir("/var/cache", 0o750)?;
    for path in [
        "/var/old/deep/x",
        "/var/cache/y",
        "/var/cache/z",
        "/var/log",
    ] {
        files.create_file(path, b"old", 0o666)?;
    }
    Ok(files)
}

/// How many are killed at once: most of their time they wait for the disk.
const AT_ONCE: usize = 8;

fn parent() -> Result<(), Box<dyn Error>> {
    let whole = tempfile::tempdir()?;
    let files = before(whole.path())?;
    if !spawn(whole.path(), "never")? {
        return Err("the undisturbed run was killed".into());
    }
    let expected = tree(&files, "/")?;
    if expected.len() != 12 {
        return Err(format!("12 paths expected, got {expected:?}").into());
    }
    let steps: usize = fs::read_to_string(whole.path().join("steps"))?.parse()?;
    let (killing, expected) = (|step| kill_at(step, steps, &expected), &expected);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE)
            .map(|first| {
                scope.spawn(move || (first..=steps).step_by(AT_ONCE).try_for_each(killing))
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| match thread.join() {
                Ok(outcome) => outcome,
                Err(_) => Err("a thread panicked".to_owned()),
            })
    })?;
    let text = format!(
        "kill: resumed after being killed at each of {steps} steps, {} paths equal\n",
        expected.len()
    );
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// Kills a run at a step, and the one that resumes it, then lets a third one finish; the step after the last one kills nobody.
fn kill_at(step: usize, steps: usize, expected: &Tree) -> Result<(), String> {
    let outcome = || -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let files = before(folder.path())?;
        let whole = spawn(folder.path(), &step.to_string())?;
        if whole != (step == steps) {
            return Err("was killed where it should not, or not where it should".into());
        }
        // The resumed run is killed, too: sooner for some, later for others, and some have come through by then. A run after
        // that would begin the journal anew.
        let whole = whole || spawn(folder.path(), &(step % 9).to_string())?;
        if !whole && !spawn(folder.path(), "never")? {
            return Err("the resumed run was killed".into());
        }
        check(folder.path(), &files, expected)
    };
    outcome().map_err(|why| format!("step {step}: {why}"))
}

type Tree = BTreeMap<String, (u32, Option<String>)>;

/// Every path with its mode, and the text of files that are not made at random.
fn tree(files: &StdFiles, folder: &str) -> Result<Tree, Box<dyn Error>> {
    let mut tree = Tree::new();
    for name in files.list(folder)? {
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        let stat = files.link_stat(&path)?.ok_or("gone")?;
        if stat.is_dir() {
            tree.append(&mut self::tree(files, &path)?);
        }
        let text = if stat.is_file() && !path.starts_with("/etc/pki/") {
            Some(String::from_utf8(files.read(&path)?)?)
        } else {
            None
        };
        tree.insert(path, (stat.mode, text));
    }
    Ok(tree)
}

fn check(folder: &Path, files: &StdFiles, expected: &Tree) -> Result<(), Box<dyn Error>> {
    let tree = tree(files, "/")?;
    if tree != *expected {
        return Err(format!("expected {expected:#?}, got {tree:#?}").into());
    }
    let plan = Runner::new(&flow()?, files).plan(&SETTINGS)?;
    if !plan.is_empty() {
        return Err(format!("still to do: {plan}").into());
    }
    let path = folder.join("journal.jsonl");
    let text = fs::read_to_string(&path)?;
    for key in ["/etc/pki/ca.key", "/etc/pki/server.key"] {
        if text.contains(std::str::from_utf8(&files.read(key)?)?) {
            return Err(format!("the journal holds {key}").into());
        }
        issued_once(&FileJournal::peek(&path)?, key, files)?;
    }
    let status = RunStatus::of(&FileJournal::peek(&path)?).ok_or("no status")?;
    if status.outcome != Some(bootstrap_phases::Outcome::Succeeded) {
        return Err(status.to_string().into());
    }
    Ok(())
}

/// Of all keys that were ever staged for good there is one, and it is there.
fn issued_once(
    entries: &[bootstrap_phases::Entry],
    key: &str,
    files: &StdFiles,
) -> Result<(), Box<dyn Error>> {
    let mut intended = Vec::new();
    for entry in entries {
        if let Record::Intent { steps, .. } = &entry.record {
            let steps = steps.iter().map(|step| &step.change);
            intended.extend(steps.filter_map(|change| match change {
                bootstrap_phases::ChangeRecord::WriteFile { path, sha256, .. } if path == key => {
                    Some(*sha256)
                }
                _ => None,
            }));
        }
    }
    if intended != [Digest::of(&files.read(key)?)] {
        return Err(format!("{key}: intended {intended:?}").into());
    }
    Ok(())
}
