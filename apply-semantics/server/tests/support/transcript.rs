//! Transcripts: files, commands, and what they print.
//!
//! - `@ NAME` begins a file in the working directory; its lines follow, indented by four blanks.
//! - `$ COMMAND` is given to a shell in the working directory; what it prints (errors too) follows, and a line `[CODE]` unless the
//!   code is 0.
//! - `& COMMAND` begins a command and goes on; `% finish` waits for its end and has its output below it, `% stop` ends it as soon
//!   as it printed as many lines as stand there.
//! - `% advance SECONDS` lets time go by at the server, which stands still otherwise; `% seed FILE` puts the object of a file (JSON) into the server.
//! - `% fresh cluster` anywhere: the server begins like one.
//! - Lines that begin with `1.33+| `, `1.28-| ` or `1.30..1.32| ` are there only in those versions of kubectl.
//! - `##` begins a comment.

use std::{
    cell::Cell,
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use apply_server::{ListenOptions, ManualClock, Server};
use tempfile::TempDir;

use crate::kubectl::Kubectl;

pub(crate) struct Transcript {
    path: PathBuf,
    parts: Vec<Part>,
}

/// A line that is no output, and the lines below it.
struct Part {
    head: String,
    body: Vec<String>,
}

/// The server begins like a fresh cluster.
const CLUSTER: &str = "% fresh cluster";

/// The time at the server when a transcript begins: the first second of 2030.
const BEGIN: i64 = 1_893_456_000;

/// What takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(30);

impl Transcript {
    pub(crate) fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut parts: Vec<Part> = Vec::new();
        for line in text.lines() {
            let is_head = ["$ ", "& ", "% ", "@ ", "## "]
                .iter()
                .any(|sign| line.starts_with(sign));
            match parts.last_mut() {
                Some(part) if !is_head => part.body.push(line.to_owned()),
                _ => parts.push(Part {
                    head: line.to_owned(),
                    body: Vec::new(),
                }),
            }
        }
        Self {
            path: path.to_owned(),
            parts,
        }
    }

    /// How many commands ran, or what was different.
    pub(crate) fn run(mut self, kubectl: &Kubectl) -> Result<usize, String> {
        let cluster = self.parts.iter().any(|part| part.head == CLUSTER);
        let stage = Stage::new(kubectl, cluster);
        let update = env::var_os("UPDATE").is_some();
        let (mut commands, mut differences, mut under_way) = (0, String::new(), None);
        for part in &mut self.parts {
            let (sign, rest) = part.head.split_at(part.head.len().min(2));
            // An empty line at the end is there to be read; only output that ends so keeps it.
            let wanted = expected(&part.body, kubectl.minor);
            let printed = match (sign, rest) {
                ("@ ", name) => {
                    let lines = wanted
                        .iter()
                        .map(|line| line.strip_prefix("    ").unwrap_or(line));
                    let text: String = lines.map(|line| format!("{line}\n")).collect();
                    fs::write(stage.folder.path().join(name), text).unwrap();
                    continue;
                }
                ("$ ", command) => stage.start(command).finish(),
                ("& ", command) => {
                    let watches = stage.watches();
                    under_way = Some(stage.start(&format!("exec {command}")));
                    stage.wait_for_watch(watches);
                    continue;
                }
                ("% ", "finish") => under_way.take().expect("a command under way").finish(),
                ("% ", "stop") => under_way
                    .take()
                    .expect("a command under way")
                    .stop(wanted.len()),
                ("% ", other) => {
                    stage.act(other);
                    continue;
                }
                _ => continue,
            };
            commands += 1;
            let printed = stage.normal(&printed);
            if printed == wanted {
                continue;
            }
            if update {
                let blank = part.body.last().is_some_and(String::is_empty);
                part.body.clone_from(&printed);
                if blank {
                    part.body.push(String::new());
                }
                continue;
            }
            let _ = writeln!(
                differences,
                "{}\n{}",
                part.head,
                difference(&wanted, &printed)
            );
        }
        if update {
            let mut text = String::new();
            for part in &self.parts {
                let _ = writeln!(text, "{}", part.head);
                part.body
                    .iter()
                    .for_each(|line| text.push_str(&format!("{line}\n")));
            }
            fs::write(&self.path, text).unwrap();
        }
        if differences.is_empty() {
            Ok(commands)
        } else {
            Err(differences)
        }
    }
}

/// The lines that this version prints. One empty line at the end only parts the commands.
fn expected(body: &[String], minor: u32) -> Vec<String> {
    let body = match body.split_last() {
        Some((last, rest)) if last.is_empty() => rest,
        _ => body,
    };
    body.iter()
        .filter_map(|line| {
            match line
                .split_once("| ")
                .or_else(|| Some((line.strip_suffix('|')?, "")))
            {
                Some((versions, rest)) if versions.starts_with("1.") => {
                    let number = |text: &str| {
                        text.strip_prefix("1.")
                            .and_then(|text| text.parse::<u32>().ok())
                    };
                    let fits = if let Some(from) = versions.strip_suffix('+') {
                        minor >= number(from)?
                    } else if let Some(to) = versions.strip_suffix('-') {
                        minor <= number(to)?
                    } else if let Some((from, to)) = versions.split_once("..") {
                        (number(from)?..=number(to)?).contains(&minor)
                    } else {
                        minor == number(versions)?
                    };
                    fits.then(|| rest.to_owned())
                }
                _ => Some(line.clone()),
            }
        })
        .collect()
}

fn difference(wanted: &[String], printed: &[String]) -> String {
    let mut text = String::new();
    let diff = similar::TextDiff::from_slices(
        &wanted.iter().map(String::as_str).collect::<Vec<_>>(),
        &printed.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .iter_all_changes()
    .map(|change| format!("{}{}\n", change.tag(), change.value()))
    .collect::<String>();
    text.push_str(&diff);
    text
}

/// A server on a port, and a directory to work in.
struct Stage {
    server: Server,
    clock: ManualClock,
    folder: TempDir,
    address: String,
    /// That of kubectl, as it prints it.
    version: String,
    commands: Cell<u32>,
    /// Ends the server when it is dropped.
    _end: tokio::sync::oneshot::Sender<()>,
}

impl Stage {
    fn new(kubectl: &Kubectl, cluster: bool) -> Self {
        let clock = ManualClock::at(BEGIN);
        let mut builder = Server::builder().clock(clock.clone());
        if cluster {
            builder = builder.fresh_cluster();
        }
        let server = builder.build();
        let folder = TempDir::new().unwrap();
        let programs = folder.path().join(".bin");
        fs::create_dir(&programs).unwrap();
        std::os::unix::fs::symlink(&kubectl.path, programs.join("kubectl")).unwrap();
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let (tell, told) = mpsc::channel();
        let (listening, config) = (server.clone(), folder.path().join(".kubeconfig"));
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let listener = listening
                    .listen_with("127.0.0.1:0", &options())
                    .await
                    .unwrap();
                listener.write_kubeconfig(config).unwrap();
                tell.send(listener.address().to_string()).unwrap();
                let _ = ended.await;
            });
        });
        Self {
            server,
            clock,
            folder,
            address: told.recv().unwrap(),
            version: kubectl.version().to_owned(),
            commands: Cell::new(0),
            _end: end,
        }
    }

    fn start(&self, command: &str) -> UnderWay {
        let folder = self.folder.path();
        let path = env::var("PATH").unwrap_or_default();
        let output = folder.join(format!(".output-{}", self.commands.get()));
        self.commands.set(self.commands.get() + 1);
        let file = fs::File::create(&output).unwrap();
        let child = Command::new("sh")
            .args(["-c", command])
            .current_dir(folder)
            .env("PATH", format!("{}:{path}", folder.join(".bin").display()))
            .env("HOME", folder)
            .env("KUBECONFIG", folder.join(".kubeconfig"))
            .env("TZ", "UTC")
            .env_remove("KUBECTL")
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap();
        UnderWay {
            child,
            output,
            begun: Instant::now(),
        }
    }

    fn watches(&self) -> usize {
        self.server.requests().verb("watch").count()
    }

    /// Until the command under way watches something.
    fn wait_for_watch(&self, before: usize) {
        let begun = Instant::now();
        while self.watches() == before && begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn act(&self, order: &str) {
        match order.split_once(' ') {
            _ if CLUSTER.ends_with(order) => {}
            Some(("advance", seconds)) => self.clock.advance(seconds.parse().unwrap()),
            Some(("seed", file)) => {
                let text = fs::read_to_string(self.folder.path().join(file)).unwrap();
                self.server
                    .seed(serde_json::from_str(&text).unwrap())
                    .unwrap();
            }
            _ => panic!("no such order: {order}"),
        }
    }

    /// What was printed, line by line, without what is another in every run.
    fn normal(&self, printed: &str) -> Vec<String> {
        let folder = self.folder.path().display().to_string();
        let text = printed
            .replace(&format!("https://{}", self.address), "SERVER")
            .replace(&format!("http://{}", self.address), "SERVER")
            .replace(&folder, "FOLDER");
        let text = text.replace(&self.version, "VERSION");
        text.lines()
            .map(without_clock)
            .map(|line| line.trim_end().to_owned())
            .collect()
    }
}

/// Encrypted and with a token, where that can be had.
fn options() -> ListenOptions {
    let options = ListenOptions::new();
    #[cfg(feature = "tls")]
    let options = options
        .tls()
        .bearer_token("let-me-in")
        .service_account_tokens();
    options
}

/// Lines of kubectl's own log begin with the time and the number of the process.
fn without_clock(line: &str) -> &str {
    let is_log = line.starts_with(['W', 'E', 'I'])
        && line
            .get(1..5)
            .is_some_and(|day| day.bytes().all(|b| b.is_ascii_digit()));
    match line.split_once("] ") {
        Some((_, rest)) if is_log => rest,
        _ => line,
    }
}

struct UnderWay {
    child: Child,
    output: PathBuf,
    begun: Instant,
}

impl UnderWay {
    /// What it prints until its end.
    fn finish(mut self) -> String {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let mut printed = self.printed();
                match status.code() {
                    Some(0) => {}
                    code => {
                        printed.push_str(&format!("{}[{}]\n", end_of(&printed), code.unwrap_or(-1)))
                    }
                }
                return printed;
            }
            if self.begun.elapsed() > PATIENCE {
                return self.kill() + "[took too long]\n";
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// What it prints until there are so many lines.
    fn stop(mut self, lines: usize) -> String {
        while self.printed().lines().count() < lines && self.begun.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(10));
        }
        // What should not come has a moment to come nevertheless.
        thread::sleep(Duration::from_millis(100));
        self.kill()
    }

    fn kill(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.printed()
    }

    fn printed(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.output).unwrap()).into_owned()
    }
}

/// A new line, if the last one has no end.
fn end_of(printed: &str) -> &'static str {
    if printed.is_empty() || printed.ends_with('\n') {
        ""
    } else {
        "\n"
    }
}
