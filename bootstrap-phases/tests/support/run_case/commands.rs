//! The commands `certs`, `kubeconfig` and `token`.

use std::sync::Arc;
use std::time::Duration;

use bootstrap_phases::{
    Compat, Runner as PhaseRunner, Secret, Selection, Workflow,
    cli::{self, Invocation},
    kubeadm::{
        InitContext,
        api::{Api, PORT},
        credentials::{
            Renewal, UserCredentials, cluster_context, renew_workflow, requests_workflow,
            user_kubeconfig,
        },
        flags,
        pki::SystemKeys,
        reset::{ResetContext, reset_workflow},
        tokens::{self, DeleteContext, TokenContext},
    },
};
use serde_json::Value;

use super::{
    Answer, Call, Failure, all_entered, class, dry, entered, files, host, of_phase, of_plan, of_run,
};

/// Flags that stand alone.
const SWITCHES: [&str; 2] = ["dry-run", "print-join-command"];

/// Flags by name, and what is none.
pub(super) struct Words<'a> {
    pub(super) flags: Vec<(String, String)>,
    pub(super) args: Vec<&'a str>,
}

impl<'a> Words<'a> {
    pub(super) fn of(words: &[&'a str]) -> Self {
        let (mut flags, mut args) = (Vec::new(), Vec::new());
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let name = word.trim_start_matches('-');
            if name.len() == word.len() {
                args.push(*word);
            } else if let Some((name, value)) = name.split_once('=') {
                flags.push((name.to_owned(), value.to_owned()));
            } else if SWITCHES.contains(&name) {
                flags.push((name.to_owned(), "true".to_owned()));
            } else {
                flags.push((name.to_owned(), (*words.next().unwrap_or(&"")).to_owned()));
            }
        }
        Self { flags, args }
    }

    fn all(&self, name: &str) -> Vec<String> {
        let given = self.flags.iter().filter(|(known, _)| known == name);
        given.map(|(_, value)| value.clone()).collect()
    }

    fn flag(&self, name: &str) -> Option<String> {
        self.all(name).pop()
    }
}

impl Call<'_> {
    pub(super) fn command(&self, group: &str, command: &str, rest: &[&str]) -> Answer {
        let words = Words::of(rest);
        match (group, command) {
            ("certs", "renew") => self.renew(&words),
            ("certs", "generate-csr") => self.requests(&words),
            ("kubeconfig", "user") => self.user(&words),
            ("token", "create") => self.create_token(&words),
            ("token", "delete") => self.delete_tokens(&words),
            _ => Failure::new("usage", &format!("unknown command {group} {command}")).into(),
        }
    }

    pub(super) fn reset(&self, line: &[&str]) -> Answer {
        let flow = match reset_workflow().build() {
            Ok(flow) => flow,
            Err(error) => return Failure::new("other", &error).into(),
        };
        let parsed = cli::parse(&flow, line.get(1..).unwrap_or_default());
        let Ok(Invocation::Run(call)) = parsed else {
            return Failure::new("usage", &"no such call").into();
        };
        let context = ResetContext {
            certificates_dir: call
                .flag("cert-dir")
                .unwrap_or("/etc/kubernetes/pki")
                .to_owned(),
            cleanup_tmp_dir: call.flag("cleanup-tmp-dir").is_some(),
            confirmed: call.flag("force").is_some(),
            dry_run: call.flag("dry-run").is_some(),
            machine: Some(Arc::new(host::bare())),
            ..ResetContext::new()
        };
        let selection = call.selection.compat(Compat::Upstream);
        let selected = match flow.selected(&selection) {
            Ok(selected) => selected,
            Err(error) => return Failure::new(class::of_selection(&error), &error).into(),
        };
        let runner = PhaseRunner::new(&flow, self.files)
            .clock(self.clock)
            .select(selection);
        if context.dry_run {
            return of_plan(&selected, runner.plan(&context));
        }
        match runner.run(&context) {
            Ok(_) => Answer {
                entered: Some(all_entered(&selected)),
                ..Answer::default()
            },
            Err(failure) => {
                let started = failure.report.phases.iter().map(|phase| phase.path.clone());
                let error = of_run(&failure.error);
                Answer {
                    entered: Some(entered(&selected, &started.collect::<Vec<_>>())),
                    failed: error.phase.clone(),
                    error: Some(error),
                    ..Answer::default()
                }
            }
        }
    }

    fn with_config(&self, words: &Words<'_>) -> Result<InitContext, Failure> {
        let config: Vec<_> = words
            .flags
            .iter()
            .filter(|(name, _)| name == "config")
            .cloned()
            .collect();
        if let (Some(api), true) = (&self.api, config.is_empty()) {
            let read = cluster_context(Some(api), &self.host.facts, Compat::Upstream);
            let (context, _) = read.map_err(|error| of_phase(&error))?;
            return Ok(context.keys(self.keys.clone()));
        }
        self.loaded(&config)
    }

    fn renew(&self, words: &Words<'_>) -> Answer {
        let known = renew_workflow(false)
            .build()
            .map(|flow| flow.paths().map(str::to_owned).collect::<Vec<_>>());
        let only: Vec<&str> = words
            .args
            .iter()
            .copied()
            .filter(|name| *name != "all")
            .collect();
        if only.iter().any(|name| {
            known
                .as_ref()
                .is_ok_and(|known| !known.iter().any(|path| path == name))
        }) {
            return Failure::new("usage", &"unknown command").into();
        }
        let context = match self.with_config(words) {
            Ok(context) => context,
            Err(failure) => return failure.into(),
        };
        let flow = match renew_workflow(context.external_etcd()).build() {
            Ok(flow) => flow,
            Err(error) => return Failure::new("other", &error).into(),
        };
        // The recordings took place at different moments; here the clock stands still.
        let since = host::now() + Duration::from_secs(1);
        let renewal = Renewal { context, since };
        let runner = PhaseRunner::new(&flow, self.files)
            .clock(self.clock)
            .select(Selection::only(only));
        match runner.run(&renewal) {
            Ok(_) => Answer::default(),
            Err(failure) => without_phase(of_run(&failure.error)).into(),
        }
    }

    fn requests(&self, words: &Words<'_>) -> Answer {
        let mut context = match self.with_config(words) {
            Ok(context) => context,
            Err(failure) => return failure.into(),
        };
        if let Some(folder) = words.flag("kubeconfig-dir") {
            context.paths.kubeconfigs = folder;
        }
        let flow = match requests_workflow().build() {
            Ok(flow) => flow,
            Err(error) => return Failure::new("other", &error).into(),
        };
        match PhaseRunner::new(&flow, self.files)
            .clock(self.clock)
            .run(&context)
        {
            Ok(_) => Answer::default(),
            Err(failure) => without_phase(of_run(&failure.error)).into(),
        }
    }

    fn user(&self, words: &Words<'_>) -> Answer {
        let Some(name) = words.flag("client-name") else {
            return Failure::new("usage", &"required flag client-name").into();
        };
        let context = match self.with_config(words) {
            Ok(context) => context,
            Err(failure) => return failure.into(),
        };
        let credentials = match words.flag("token") {
            Some(token) => UserCredentials::Token(Secret::new(token)),
            None => UserCredentials::Certificate {
                organizations: words.all("org"),
                period: words.flag("validity-period").map(|text| {
                    let period: Result<componentconfig::scalar::Duration, _> = text.parse();
                    let nanos = period
                        .map(componentconfig::scalar::Duration::as_nanos)
                        .unwrap_or_default();
                    Duration::from_nanos(u64::try_from(nanos).unwrap_or_default())
                }),
            },
        };
        match user_kubeconfig(&context, self.files, host::now(), &name, &credentials) {
            Ok(text) => {
                let text = String::from_utf8_lossy(text.expose()).into_owned();
                match componentconfig::yaml::read(&text) {
                    Ok(value) => printed(value),
                    Err(error) => Failure::new("other", &error).into(),
                }
            }
            Err(error) => of_phase(&error).into(),
        }
    }

    fn create_token(&self, words: &Words<'_>) -> Answer {
        let path = words.flag("config");
        let text = path.map(|path| files::text(self.files, &path)).transpose();
        let text = match text {
            Ok(text) => text,
            Err(error) => return Failure::new("missing-input", &error).into(),
        };
        let args: Vec<String> = words.args.iter().map(|word| (*word).to_owned()).collect();
        let mut facts = self.host.facts.clone();
        if args.is_empty() && self.api.is_some() {
            match tokens::random(&SystemKeys) {
                Ok(token) => facts.tokens = vec![token],
                Err(error) => return of_phase(&error).into(),
            }
        }
        let tokens = flags::load_token_call(
            &words.flags,
            &args,
            "input.yaml",
            text.as_deref(),
            &facts,
            Compat::Upstream,
        );
        let tokens = match tokens {
            Ok(tokens) => tokens,
            Err(report) => return class::of_report(&report).into(),
        };
        let api = self.token_api();
        let context = TokenContext {
            api: api.clone(),
            tokens,
            replace: false,
            compat: Compat::Upstream,
        };
        self.of_tokens(words, tokens::create_workflow(), &context, &api)
    }

    fn delete_tokens(&self, words: &Words<'_>) -> Answer {
        let api = self.token_api();
        // Upstream deletes those before the one that makes no sense.
        let mut actions = Vec::new();
        for word in &words.args {
            let mut context = match DeleteContext::new(api.clone(), [word]) {
                Ok(context) => context,
                Err(error) => {
                    return Answer {
                        actions: Some(actions),
                        ..of_phase(&error).into()
                    };
                }
            };
            context.compat = Compat::Upstream;
            let answer = self.of_tokens(words, tokens::delete_workflow(), &context, &api);
            if answer.error.is_some() {
                return answer;
            }
            actions.extend(answer.actions.unwrap_or_default());
        }
        Answer {
            actions: words.flag("dry-run").map(|_| actions),
            ..Answer::default()
        }
    }

    /// The API, or in a dry run one in which nothing is.
    fn token_api(&self) -> Api {
        self.api.clone().unwrap_or_else(|| dry::api("none"))
    }

    fn of_tokens<C>(
        &self,
        words: &Words<'_>,
        workflow: Workflow<C>,
        context: &C,
        api: &Api,
    ) -> Answer {
        let flow = match workflow.build() {
            Ok(flow) => flow,
            Err(error) => return Failure::new("other", &error).into(),
        };
        let runner = PhaseRunner::new(&flow, self.files)
            .clock(self.clock)
            .port(PORT, api);
        if words.flag("dry-run").is_some() {
            return match runner.plan(context) {
                Ok(plan) => Answer {
                    actions: dry::actions(&plan).ok(),
                    ..Answer::default()
                },
                Err(failure) => without_phase(of_run(&failure.error)).into(),
            };
        }
        match runner.run(context) {
            Ok(_) => Answer::default(),
            Err(failure) => without_phase(of_run(&failure.error)).into(),
        }
    }
}

fn printed(stdout: Value) -> Answer {
    Answer {
        stdout,
        ..Answer::default()
    }
}

/// These commands have no phases.
fn without_phase(failure: Failure) -> Failure {
    Failure {
        phase: None,
        ..failure
    }
}
