//! The commands `certs`, `kubeconfig` and `token`.

use std::sync::Arc;
use std::time::Duration;

use apply_semantics::op::{DeleteOptions, Operation, ResourceRef, WriteOptions};
use bootstrap_phases::{
    Compat, Runner as PhaseRunner, Secret, Selection,
    cli::{self, Invocation},
    kubeadm::{
        InitContext,
        credentials::{
            Renewal, UserCredentials, expiration, renew_workflow, requests_workflow,
            user_kubeconfig,
        },
        objects::{bundle::CertificateKey, token},
        reset::{ResetContext, reset_workflow},
        tokens,
    },
};
use componentconfig::Kind as _;
use componentconfig::kubeadm::token::Token;
use serde_json::{Value, json};

use super::{
    Answer, Call, Failure, all_entered, class, dry, entered, host, of_phase, of_plan, of_run,
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
            ("certs", "check-expiration") => self.expiration(&words),
            ("certs", "generate-csr") => self.requests(&words),
            ("certs", "certificate-key") => match CertificateKey::generate(self.keys.as_ref()) {
                Ok(key) => printed(json!({"pattern": key.expose().len()})),
                Err(error) => Failure::new("other", &error).into(),
            },
            ("kubeconfig", "user") => self.user(&words),
            ("token", "generate") => match tokens::random(self.keys.as_ref()) {
                Ok(token) => printed(json!({"pattern": token.expose().len()})),
                Err(error) => Failure::new("other", &error).into(),
            },
            ("token", "create") => self.create_token(&words),
            ("token", "delete") => Self::delete_tokens(&words),
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

    fn expiration(&self, words: &Words<'_>) -> Answer {
        let context = match self.with_config(words) {
            Ok(context) => context,
            Err(failure) => return failure.into(),
        };
        match expiration(&context, self.files, host::now()) {
            Ok(info) => printed(info.to_document()),
            Err(error) => of_phase(&error).into(),
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

    /// With a configuration file the token on the command line is not looked at, as upstream does.
    fn create_token(&self, words: &Words<'_>) -> Answer {
        let given: Result<Token, _> = words.args.first().copied().unwrap_or_default().parse();
        let Ok(given) = given else {
            return Failure::new("bad-token", &"not of the form of a token").into();
        };
        let context = match self.with_config(words) {
            Ok(context) => context,
            Err(failure) => return failure.into(),
        };
        let mut created = context.init.bootstrap_tokens.clone();
        if words.flag("config").is_none() {
            for token in &mut created {
                token.token = Some(given.clone());
                if let Some(ttl) = words.flag("ttl").and_then(|text| text.parse().ok()) {
                    token.ttl = Some(ttl);
                }
                if let Some(text) = words.flag("usages") {
                    token.usages = text.split(',').map(str::to_owned).collect();
                }
                if let Some(text) = words.flag("groups") {
                    token.groups = text.split(',').map(str::to_owned).collect();
                }
                token.description = words.flag("description").unwrap_or_default();
            }
        }
        let secrets = created
            .iter()
            .filter_map(|token| token::secret(token, host::now()));
        let actions = secrets.map(|secret| {
            let collection = ResourceRef::of_kind("v1", "Secret").within("kube-system");
            dry::action(&Operation::create(
                collection,
                secret,
                WriteOptions::default(),
            ))
        });
        Answer {
            actions: Some(actions.collect()),
            ..Answer::default()
        }
    }

    fn delete_tokens(words: &Words<'_>) -> Answer {
        let mut actions = Vec::new();
        for word in &words.args {
            let id = tokens::id_of(word);
            let Some(id) = id else {
                return Answer {
                    actions: Some(actions),
                    ..Failure::new("bad-token", &"neither a token nor the ID of one").into()
                };
            };
            let secrets = ResourceRef::of_kind("v1", "Secret").within("kube-system");
            let delete = Operation::delete(
                secrets.named(token::secret_name(&id)),
                DeleteOptions::default(),
            );
            actions.push(dry::action(&delete));
        }
        Answer {
            actions: Some(actions),
            ..Answer::default()
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
