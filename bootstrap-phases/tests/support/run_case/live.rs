//! Cases of kind `live`: phases against an API server, here one inside the process that refuses by user and keeps what it was asked.

use std::sync::{Arc, Mutex, PoisonError};

use apply_semantics::op::{
    ApplyOptions, DeleteOptions, Executor, ObjectRef, Operation, Outcome, Reason, Refusal,
    ResourceRef, WriteOptions,
};
use apply_semantics::patch::Patch;
use apply_server::Server;
use bootstrap_phases::kubeadm::api::{Api, PORT};
use bootstrap_phases::kubeadm::commands;
use bootstrap_phases::kubeadm::join::{Connect, Endpoint, join_context, join_workflow};
use bootstrap_phases::kubeadm::objects::cluster_info;
use bootstrap_phases::kubeadm::upgrade::{
    self, STATIC_POD_PORT, StaticPodPort, UpgradeCommand, UpgradeContext, UpgradeSettings,
};
use bootstrap_phases::{
    Change, Compat, Files as _, Flow, ManualClock, MemFiles, PhaseError, Report, RunFailure,
    RunPlan, Runner as PhaseRunner,
    cli::{self, Invocation},
    kubeadm::{self, InitContext, pki::Certificate},
};
use conformance_runner::Runner;
use serde_json::{Value, json};

use super::files::{Tree, said};
use super::host::{self, Host};
use super::{
    Answer, Call, Failure, class, compare_step, dry, entered, none, of_phase, of_plan, of_run,
    optional, steps, words,
};
use crate::cases::Case;
use crate::certificates;

pub(crate) fn replay(runner: &mut Runner, cases: &[Case]) {
    let flow = match kubeadm::init_workflow().build() {
        Ok(flow) => flow,
        Err(error) => {
            runner.case("live", "init-workflow", || Err(error.to_string()));
            return;
        }
    };
    for case in cases {
        let steps = steps(case).unwrap_or_default();
        let other = steps
            .iter()
            .find_map(|step| match words(&step["run"]).as_slice() {
                [] | ["init" | "join", "phase", ..] | ["upgrade" | "certs" | "token", ..] => None,
                [first, second, ..] => Some(format!("{first} {second}")),
                [first] => Some((*first).to_owned()),
            });
        match other {
            Some(command) => runner.not_counted(
                &format!("live: {}", case.id),
                1,
                &format!("needs the command {command}"),
            ),
            None => runner.case("live", &case.id, || replay_case(case, &flow, &steps)),
        }
    }
}

/// What a server was asked to change, as recorded.
type Asked = Arc<Mutex<Vec<Value>>>;

/// The server as a user sees it. Administrators have no rights until they are given some.
struct As {
    server: Server,
    admin: bool,
    asked: Asked,
}

impl Executor for As {
    fn execute(&mut self, operation: &Operation) -> Result<Outcome, Refusal> {
        let outcome = if self.admin && !self.has_rights() {
            Err(Refusal::new(Reason::Forbidden, "the user may not do this"))
        } else {
            self.server.execute(operation)
        };
        let refused = matches!(&outcome, Err(refusal) if refusal.reason == Reason::Forbidden);
        if !operation.is_read() && !refused {
            let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            asked.push(request(operation));
        }
        outcome
    }
}

impl As {
    fn has_rights(&self) -> bool {
        let bindings = ResourceRef::of_kind("rbac.authorization.k8s.io/v1", "ClusterRoleBinding");
        let target = bindings.all().named("kubeadm:cluster-admins");
        self.server.execute(&Operation::get(target)).is_ok()
    }
}

fn request(operation: &Operation) -> Value {
    let collection = operation.collection();
    let (object, patch) = match operation {
        Operation::Create { object, .. } | Operation::Update { object, .. } => {
            (object.clone(), Value::Null)
        }
        Operation::Patch {
            patch: Patch::Strategic(patch),
            ..
        } => (Value::Null, patch.clone()),
        _ => (Value::Null, Value::Null),
    };
    comparable(&json!({
        "verb": operation.verb(),
        "resource": collection.resource.resource,
        "groupVersion": collection.resource.api_version(),
        "namespace": collection.namespace,
        "name": operation.target().map(|target| target.name),
        "object": object,
        "patch": patch,
    }))
}

/// As a server fills it in, since the recordings show what it had read; without empty fields, and without what the server fills in: the group of subjects, versions, the uid of owners, the status.
fn comparable(request: &Value) -> Value {
    let mut request = request.clone();
    if let Some(fields) = request.as_object_mut() {
        fields.remove("code");
        fields.remove("user");
    }
    let object = &mut request["object"];
    apply_semantics::defaults::set_defaults(object);
    for subject in object["subjects"].as_array_mut().into_iter().flatten() {
        if let Some(fields) = subject.as_object_mut() {
            fields.remove("apiGroup");
        }
    }
    for owner in object["metadata"]["ownerReferences"]
        .as_array_mut()
        .into_iter()
        .flatten()
    {
        if let Some(fields) = owner.as_object_mut() {
            fields.remove("uid");
        }
    }
    // An old name of the account, which a server fills in, too.
    let pod = object
        .pointer_mut("/spec/template/spec")
        .and_then(Value::as_object_mut);
    if let Some(pod) = pod {
        pod.remove("serviceAccount");
    }
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
        if fields.get("type") == Some(&json!("Opaque")) {
            fields.remove("type");
        }
    }
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in [
            "creationTimestamp",
            "managedFields",
            "resourceVersion",
            "uid",
            "generation",
        ] {
            metadata.remove(field);
        }
    }
    dry::pruned(&request)
}

struct Live<'a> {
    flow: &'a Flow<InitContext>,
    server: Server,
    asked: Asked,
    clock: ManualClock,
}

impl Live<'_> {
    fn user(&self, admin: bool) -> As {
        As {
            server: self.server.clone(),
            admin,
            asked: self.asked.clone(),
        }
    }

    /// The API as the kubeconfigs that are there reach it.
    fn api(&self, tree: &Tree) -> Api {
        let has_super = tree
            .files
            .stat("/etc/kubernetes/super-admin.conf")
            .is_ok_and(|stat| stat.is_some());
        if has_super {
            Api::with_super_admin(self.user(true), self.user(false))
        } else {
            Api::new(self.user(true))
        }
    }

    /// Something that somebody else does to the cluster.
    fn edit(&self, step: &Value) -> Result<(), String> {
        if let Some(objects) = step["objects"].as_str() {
            for text in objects.split("---\n") {
                let object = componentconfig::yaml::read(text).map_err(said)?;
                let options = ApplyOptions::new("someone");
                let apply = Operation::apply_object(object, options).map_err(said)?;
                self.server.execute(&apply).map_err(said)?;
            }
            return Ok(());
        }
        let (version, kind) = match step["kind"].as_str().unwrap_or_default() {
            "clusterrole" => ("rbac.authorization.k8s.io/v1", "ClusterRole"),
            "clusterrolebinding" => ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
            "configmap" => ("v1", "ConfigMap"),
            "deployment" => ("apps/v1", "Deployment"),
            "node" => ("v1", "Node"),
            other => return Err(format!("unknown kind {other}")),
        };
        let mut target = ObjectRef {
            resource: ResourceRef::of_kind(version, kind),
            namespace: step["namespace"].as_str().map(str::to_owned),
            name: step["name"].as_str().unwrap_or_default().to_owned(),
            subresource: None,
        };
        let options = WriteOptions::new("someone");
        let operation = match step["api"].as_str() {
            Some("delete") => Operation::delete(target, DeleteOptions::default()),
            Some("status") => {
                target.subresource = Some("status".to_owned());
                Operation::patch(target, Patch::Merge(step["patch"].clone()), options)
            }
            _ => Operation::patch(target, Patch::Merge(step["patch"].clone()), options),
        };
        self.server.execute(&operation).map(|_| ()).map_err(said)
    }

    /// What the controller that signs does.
    fn sign(&self) -> Result<(), String> {
        let maps = ResourceRef::of_kind("v1", "ConfigMap").within("kube-public");
        let target = maps.named(cluster_info::NAME);
        let map = self
            .server
            .execute(&Operation::get(target.clone()))
            .map_err(said)?;
        let map = map.into_object().unwrap_or_default();
        let text = map["data"][cluster_info::KEY].as_str().unwrap_or_default();
        let signature = cluster_info::sign_as(text, "abcdef", "0123456789abcdef");
        let patch = json!({"data": {cluster_info::signature_key("abcdef"): signature}});
        let patch = Operation::patch(target, Patch::Merge(patch), WriteOptions::new("signer"));
        self.server.execute(&patch).map(|_| ()).map_err(said)
    }

    fn join(&self, line: &[&str], tree: &Tree, keys: Arc<dyn kubeadm::pki::KeySource>) -> Answer {
        let failed =
            |class, error: &dyn std::fmt::Display| Answer::from(Failure::new(class, error));
        let flow = match join_workflow().build() {
            Ok(flow) => flow,
            Err(error) => return failed("other", &error),
        };
        let call = match cli::parse(&flow, line.get(1..).unwrap_or_default()) {
            Ok(Invocation::Run(call)) => call,
            Ok(_) => return failed("other", &"asks for help"),
            Err(error) => return failed("usage", &error),
        };
        let text = match super::files::text(&tree.files, "/tmp/input.yaml") {
            Ok(text) => text,
            Err(error) => return failed("missing-input", &error),
        };
        let step = Host::of_step(&json!({"host": "addressed"}));
        let host = step.facts_of_phases();
        let connect = Arc::new(Reach(Mutex::new(self.user(false))));
        let mut context = match join_context("input.yaml", &text, &step.facts, host, keys, connect)
        {
            Ok(context) => context,
            Err(report) => return class::of_report(&report).into(),
        };
        context.compat = Compat::Upstream;
        let selection = call.selection.compat(Compat::Upstream);
        let selected = match flow.selected(&selection) {
            Ok(selected) => selected,
            Err(error) => return failed(class::of_selection(&error), &error),
        };
        let api = Api::new(self.user(false));
        let runner = PhaseRunner::new(&flow, &tree.files)
            .clock(&self.clock)
            .select(selection)
            .port(PORT, &api);
        of_outcome(&selected, runner.run(&context))
    }
}

impl Live<'_> {
    /// `upgrade apply` and `upgrade node`.
    fn upgrade(
        &self,
        line: &[&str],
        tree: &Tree,
        keys: &Arc<dyn kubeadm::pki::KeySource>,
        step: &Value,
    ) -> Answer {
        let rest = line.get(2..).unwrap_or_default();
        let host = Host::of_step(step);
        let (flow, command) = match line.get(1) {
            Some(&"apply") => (upgrade::apply_workflow().build(), UpgradeCommand::Apply),
            _ => (upgrade::node_workflow().build(), UpgradeCommand::Node),
        };
        let flow = match flow {
            Ok(flow) => flow,
            Err(error) => return Failure::new("other", &error).into(),
        };
        let call = match cli::parse(&flow, rest) {
            Ok(Invocation::Run(call)) => call,
            Ok(_) => return Failure::new("other", &"asks for help").into(),
            Err(error) => return Failure::new("usage", &error).into(),
        };
        let settings = match settings_of(command, &call.flags, &call.args, tree) {
            Ok(settings) => settings,
            Err(failure) => return failure.into(),
        };
        let (facts, known) = (host.facts.clone(), host.facts_of_phases());
        let api = self.api(tree);
        let mut context = UpgradeContext::new(settings, api, facts, known, keys.clone());
        context.compat = Compat::Upstream;
        context.machine = Some(Arc::new(host::bare()));
        let selection = call
            .with_config_skip(context.settings.skip_phases.clone())
            .selection;
        let selection = selection.compat(Compat::Upstream);
        let selected = match flow.selected(&selection) {
            Ok(selected) => selected,
            Err(error) => return Failure::new(class::of_selection(&error), &error).into(),
        };
        if let Err(error) = context.find(&tree.files) {
            return of_phase(&error).into();
        }
        let pods = StaticPodPort(context.api.clone());
        let runner = PhaseRunner::new(&flow, &tree.files)
            .clock(&self.clock)
            .select(selection)
            .port(PORT, &context.api)
            .port(STATIC_POD_PORT, &pods);
        if context.settings.dry_run {
            let plan = runner.plan(&context);
            if let Ok(plan) = &plan
                && let Err(why) = lay_out_upgrade(plan, &tree.files)
            {
                return Failure::new("other", &why).into();
            }
            return Answer {
                actions: None,
                ..of_plan(&selected, plan)
            };
        }
        of_outcome(&selected, runner.run(&context))
    }
}

fn settings_of(
    command: UpgradeCommand,
    flags: &[(String, String)],
    args: &[String],
    tree: &Tree,
) -> Result<UpgradeSettings, Failure> {
    let path = flags.iter().find(|(name, _)| name == "config");
    let text = path
        .map(|(_, path)| super::files::text(&tree.files, path))
        .transpose();
    let text = text.map_err(|error| Failure::new("missing-input", &error))?;
    UpgradeSettings::load(command, flags, args, "upgrade.yaml", text.as_deref())
        .map_err(|report| class::of_report(&report))
}

/// Writes the kubelet's files of a plan where the recorded program puts those of its dry run.
fn lay_out_upgrade(plan: &RunPlan, files: &MemFiles) -> Result<(), String> {
    files.create_dir_all("/tmp/dryrun", 0o700).map_err(said)?;
    let kubelet = plan
        .phases
        .iter()
        .filter(|phase| phase.path == "kubelet-config");
    for planned in kubelet.flat_map(|phase| &phase.changes) {
        let outcome = match &planned.change {
            Change::CreateDir { path, .. } => match path.split_once("/tmp") {
                Some((_, name)) => files.create_dir_all(&format!("/tmp/dryrun/tmp{name}"), 0o700),
                None => Ok(()),
            },
            Change::WriteFile {
                path,
                mode,
                content,
                ..
            } if !path.contains("/tmp/") => {
                let name = path.rsplit('/').next().unwrap_or_default();
                files.write_atomic(&format!("/tmp/dryrun/{name}"), content.bytes(), *mode)
            }
            _ => Ok(()),
        };
        outcome.map_err(said)?;
    }
    Ok(())
}

/// Reaches the server as whoever asks.
struct Reach(Mutex<As>);

impl Connect for Reach {
    fn connect(&self, _: &Endpoint) -> Result<Api, PhaseError> {
        let user = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (server, asked) = (user.server.clone(), user.asked.clone());
        Ok(Api::new(As {
            server,
            admin: false,
            asked,
        }))
    }
}

fn replay_case(case: &Case, flow: &Flow<InitContext>, steps: &[Value]) -> Result<(), String> {
    let mut first = Tree::laid_out(case)?;
    let live = Live {
        flow,
        server: Server::builder().seed(7).build(),
        asked: Asked::default(),
        clock: ManualClock::at(host::NOW),
    };
    let keys = host::keys(&case.id);
    let init = |words: &[&str], tree: &Tree, step: &Value| {
        let call = Call {
            flow: live.flow,
            files: &tree.files,
            clock: &live.clock,
            keys: keys.clone(),
            host: Host::of_step(step),
            api: Some(live.api(tree)),
        };
        call.answer(words)
    };
    for group in ["certs", "kubeconfig"] {
        let line = ["init", "phase", group, "all", "--config", "/tmp/input.yaml"];
        if let Some(error) = init(&line, &first, &Value::Null).error {
            return Err(format!("setting up {group}: {}", error.text));
        }
    }
    first
        .files
        .remove_tree("/tmp/dryrun", false)
        .map_err(said)?;
    if !case.folder().join("second.yaml").exists() {
        first.lay_extra(case)?;
    }
    first.begin()?;
    let mut second = second_root(case, &first)?;
    let expected = case.json("expected/steps.json")?;
    let mut expected = expected.as_array().into_iter().flatten();
    let mut problems = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let line = words(&step["run"]);
        if line.is_empty() {
            if !step["api"].is_null() {
                live.edit(step)?;
            } else if !step["wait"].is_null() {
                live.sign()?;
            } else if let (Some(from), Some(to)) = (step["handOver"].as_str(), step["to"].as_str())
            {
                let content = first.files.read(from).map_err(said)?;
                second
                    .files
                    .create_file(to, &content, 0o600)
                    .map_err(said)?;
                second.begin()?;
            } else {
                first.edit(step)?;
            }
            continue;
        }
        live.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        let answer = match line.first() {
            Some(&"join") => live.join(&line, &second, keys.clone()),
            Some(&"upgrade") if !commands::is_query(&line) => {
                live.upgrade(&line, &first, &keys, step)
            }
            _ => init(&line, &first, step),
        };
        let expected = expected.next().ok_or("fewer recorded steps than steps")?;
        let mut differences: Vec<String> = compare_step(&answer, expected, &first.files).collect();
        if let Some(name) = expected["requests"].as_str() {
            let recorded = componentconfig::yaml::read(&case.text(&format!("expected/{name}"))?)
                .map_err(said)?;
            let asked = live
                .asked
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            differences.extend(request_differences(&asked, &recorded, &first));
        }
        problems.extend(
            differences
                .into_iter()
                .map(|text| format!("step {}: {text}", index + 1)),
        );
    }
    problems.extend(first.differences(&case.json("expected/tree.json")?));
    problems.extend(first.file_differences(case)?);
    problems.extend(certificates::differences(
        &first.files,
        host::now(),
        &optional(case, "expected/certificates.json"),
        &optional(case, "expected/keys.json"),
    ));
    if case.folder().join("second.yaml").exists() {
        second_differences(case, &second, &mut problems)?;
    }
    none(&problems)
}

/// What is in the second root at the end: files, and the certificates that were made there.
fn second_differences(
    case: &Case,
    second: &Tree,
    problems: &mut Vec<String>,
) -> Result<(), String> {
    problems.extend(second.differences(&case.json("expected/second/tree.json")?));
    problems.extend(second.file_differences_of(case, "expected/second/files")?);
    let certificates = optional(case, "expected/second/certificates.json");
    let keys = optional(case, "expected/second/keys.json");
    problems.extend(certificates::differences(
        &second.files,
        host::now(),
        &certificates,
        &keys,
    ));
    Ok(())
}

/// The second root has a configuration of its own, with the pin of the first one's authority.
fn second_root(case: &Case, first: &Tree) -> Result<Tree, String> {
    let mut second = Tree::laid_out(case)?;
    let Ok(text) = case.text("second.yaml") else {
        return Ok(second);
    };
    let authority = first
        .files
        .read("/etc/kubernetes/pki/ca.crt")
        .map_err(said)?;
    let pin = Certificate::from_pem(&authority)
        .map_err(said)?
        .public_key()
        .pin();
    second.files.remove("/tmp/input.yaml").map_err(said)?;
    let text = text.replace("{{PIN}}", &pin);
    second
        .files
        .create_file("/tmp/input.yaml", text.as_bytes(), 0o644)
        .map_err(said)?;
    second.begin()?;
    Ok(second)
}

/// Refusals for lack of rights are left out on both sides. Objects that do not depend on one another may come in another order.
fn request_differences(asked: &[Value], recorded: &Value, tree: &Tree) -> Vec<String> {
    let recorded = recorded.as_array().into_iter().flatten();
    let mut recorded: Vec<Value> = recorded
        .filter(|one| one["code"] != 403)
        .map(comparable)
        .collect();
    let mut asked = asked.to_vec();
    let name = |one: &Value| format!("{} {} {}", one["resource"], one["name"], one["verb"]);
    // Random names sort together.
    let key = |one: &Value| {
        name(one)
            .split("bootstrap-token-")
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    recorded.sort_by_key(key);
    asked.sort_by_key(key);
    if asked.len() != recorded.len() {
        let list = |all: &[Value]| all.iter().map(name).collect::<Vec<_>>().join(", ");
        return vec![format!(
            "requests: {} instead of {}",
            list(&asked),
            list(&recorded)
        )];
    }
    let mut out = Vec::new();
    for (found, recorded) in asked.iter().zip(&recorded) {
        dry::difference(&name(recorded), recorded, found, &tree.files, &mut out);
    }
    out
}

/// What a run answers: the phases that it came to, and where it failed.
fn of_outcome(selected: &[&str], outcome: Result<Report, Box<RunFailure>>) -> Answer {
    let (report, error) = match outcome {
        Ok(report) => (report, None),
        Err(failure) => (failure.report, Some(of_run(&failure.error))),
    };
    let started: Vec<String> = report
        .phases
        .iter()
        .map(|phase| phase.path.clone())
        .collect();
    Answer {
        entered: Some(entered(selected, &started)),
        failed: error.as_ref().and_then(|error| error.phase.clone()),
        error,
        ..Answer::default()
    }
}
