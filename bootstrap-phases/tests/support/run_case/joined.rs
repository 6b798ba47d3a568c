//! Dry runs of `join`: with a cluster that the recorded program makes up.

use std::sync::{Arc, Mutex, PoisonError};

use apply_semantics::op::{Effect, Operation, Outcome, Refusal, from_fn};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bootstrap_phases::kubeadm::api::Api;
use bootstrap_phases::kubeadm::join::{Connect, Endpoint, join_context, join_workflow};
use bootstrap_phases::kubeadm::objects::cluster_info;
use bootstrap_phases::kubeadm::pki::KeySource;
use bootstrap_phases::kubeadm::{HostFacts, init_context, init_workflow};
use bootstrap_phases::{
    Compat, Files as _, ManualClock, MemFiles, PhaseError, Runner as PhaseRunner, Selection,
    cli::{self, Invocation},
};
use componentconfig::kubeadm::Facts;
use serde_json::{Value, json};

use super::files::said;
use super::{Answer, Call, Failure, class, dry, files, host, of_plan};

/// The token that all recorded nodes join with but one.
const TOKEN: (&str, &str) = ("fedcba", "0123456789abcdef");

/// The API of the cluster that the recorded program makes up: it answers what was recorded. Its `cluster-info` is signed with the
/// token of whoever joins, which is what the program makes of its own token.
pub(super) fn made_up(actions: &Value, keys: &Arc<dyn KeySource>) -> Api {
    let actions = actions.as_array().cloned().unwrap_or_default();
    let authority = authority(keys);
    Api::new(from_fn(move |operation: &Operation| {
        let Operation::Get { target } = operation else {
            return Err(Refusal::internal(format!("a dry run sends {operation}")));
        };
        let mut known = actions.iter().filter(|action| {
            action["verb"] == "GET"
                && action["resource"] == target.resource.resource.as_str()
                && action["name"] == target.name.as_str()
        });
        let found = known.next().ok_or_else(|| Refusal::not_found(target))?;
        let authority = authority.as_ref().map_err(Refusal::internal)?;
        let mut object = found["object"].clone();
        if target.name == cluster_info::NAME {
            sign(&mut object, authority);
        }
        Ok(Outcome::object(plain(&object), Effect::Read))
    }))
}

/// Where the recordings name the file that the authority is written to, one stands in.
fn sign(map: &mut Value, authority: &str) {
    let text = map["data"][cluster_info::KEY].as_str().unwrap_or_default();
    let mut text = text.to_owned();
    if let (Some(from), Some(to)) = (text.find("{{"), text.find("}}")) {
        text.replace_range(from..to + 2, authority);
    }
    let signature = cluster_info::sign_as(&text, TOKEN.0, TOKEN.1);
    map["data"][cluster_info::KEY] = json!(text);
    map["data"][cluster_info::signature_key(TOKEN.0)] = json!(signature);
}

/// An authority of the kind that the recorded program has in it, in base64: made by kubeadm, and older than the run.
fn authority(keys: &Arc<dyn KeySource>) -> Result<String, String> {
    let (facts, clock) = (Facts::default(), ManualClock::at(host::NOW - 30_000_000));
    let text = "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n";
    let context = init_context("ca", text, &facts, HostFacts::default(), keys.clone());
    let context = context.map_err(said)?;
    let (flow, files) = (init_workflow().build().map_err(said)?, MemFiles::new());
    let runner = PhaseRunner::new(&flow, &files).clock(&clock);
    let runner = runner.select(Selection::only(["certs/ca"]));
    runner.run(&context).map_err(said)?;
    let text = files.read("/etc/kubernetes/pki/ca.crt").map_err(said)?;
    Ok(STANDARD.encode(text))
}

/// The recordings show the data of Secrets decoded.
fn plain(object: &Value) -> Value {
    match object {
        Value::Object(fields) => match fields.get("decoded") {
            Some(text) => {
                let text = text.as_str().unwrap_or_default();
                json!(base64::Engine::encode(&STANDARD, text))
            }
            None => fields
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect(),
        },
        other => other.clone(),
    }
}

/// Reaches the same API from everywhere.
struct Reach(Mutex<Api>);

impl Connect for Reach {
    fn connect(&self, _: &Endpoint) -> Result<Api, PhaseError> {
        let api = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(api.clone())
    }
}

impl Call<'_> {
    pub(super) fn join_dry(&self, line: &[&str]) -> Answer {
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
        let path = call.flag("config").unwrap_or("/tmp/input.yaml");
        let text = match files::text(self.files, path) {
            Ok(text) => text,
            Err(error) => return failed("missing-input", &error),
        };
        let api = self.api.clone().unwrap_or_else(dry::no_api);
        let reach = Arc::new(Reach(Mutex::new(api)));
        let (facts, host) = (&self.host.facts, self.host.facts_of_phases());
        let context = join_context("input.yaml", &text, facts, host, self.keys.clone(), reach);
        let mut context = match context {
            Ok(context) => context,
            Err(report) => return class::of_report(&report).into(),
        };
        context.compat = Compat::Upstream;
        context.join.dry_run = call.flag("dry-run").is_some();
        let call = call.with_config_skip(context.join.skip_phases.clone());
        let selection = call.selection.compat(Compat::Upstream);
        let selected = match flow.selected(&selection) {
            Ok(selected) => selected,
            Err(error) => return failed(class::of_selection(&error), &error),
        };
        let runner = PhaseRunner::new(&flow, self.files)
            .clock(self.clock)
            .select(selection);
        let plan = runner.plan(&context);
        if let Ok(plan) = &plan
            && let Err(why) = dry::lay_out(plan, "/etc/kubernetes/pki/", self.files)
        {
            return failed("other", &why);
        }
        of_plan(&selected, plan)
    }
}
