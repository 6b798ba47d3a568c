//! `up`: does what is missing, with a journal, so that a killed run goes on with the next one.

use std::path::Path;

use bootstrap_phases::{
    Digest, Report, StdFiles,
    kubeadm::{
        InitContext,
        api::{Api, PORT},
    },
};

use crate::{
    cli::{Output, Up},
    cluster,
    failure::Failure,
    input::{self, Input},
    run::Run,
    secrets::JoinSecrets,
    stand_in::{Node, StandIns},
};

pub(crate) fn up(arguments: &Up) -> Result<(), Failure> {
    let workspace = &arguments.workspace;
    let root = workspace.root.as_path();
    let proposed = JoinSecrets::kept_or_new(root)?;
    let mut input = input::load(workspace, &proposed)?;
    // A selection that makes no sense is found before the first folder is made.
    let selection = input::selection(workspace);
    input.flow.selected(&selection).map_err(Failure::input)?;
    let journal = cluster::take(root, arguments.manner.wait)?;
    // Another run may have been first.
    match JoinSecrets::kept(root) {
        Some(kept) => input.join_with(&proposed, &kept),
        None => input.secrets.keep(root)?,
    }
    let server = cluster::server(root)?;
    let api = api(&server);
    let context = input::with_keys_ahead(&input.context, &StdFiles::new(root))?;
    let context = context.api(api.clone());
    let beside = StandIns {
        server,
        authority: &StdFiles::new(root),
        files: &StdFiles::new(root),
        node: node(&context),
    };
    let report = Run {
        root,
        flow: &input.flow,
        context: &context,
        config: Digest::of(input.text.as_bytes()),
        journal: &journal,
        selection,
        ports: &[(PORT, &api)],
        beside: &beside,
        output: workspace.output,
        manner: &arguments.manner,
    }
    .go()?;
    if workspace.output == Output::Text {
        summary(&report, root);
    }
    Ok(())
}

/// The server as administrators reach it, and as who can grant them their rights.
pub(crate) fn api(server: &apply_server::Server) -> Api {
    Api::with_super_admin(server.clone(), server.clone())
}

fn node(context: &InitContext) -> Node {
    let name = &context.init.node_registration.name;
    Node {
        address: Some(context.init.local_api_endpoint.advertise_address.clone()),
        ..Node::new(name, context.cluster.kubernetes_version.clone())
    }
}

/// The outcome in a line.
pub(crate) fn summary(report: &Report, root: &Path) {
    match report.changes() {
        0 => println!("nothing to do: {} is as it should be", root.display()),
        changes => println!(
            "{changes} changes in {} ({} ms)",
            root.display(),
            report.took_ms
        ),
    }
}

impl Input {
    /// The same, with the secrets that are kept in place of those that were proposed.
    fn join_with(&mut self, proposed: &JoinSecrets, kept: &JoinSecrets) {
        for token in &mut self.context.init.bootstrap_tokens {
            if token.token.as_ref() == Some(&proposed.token) {
                token.token = Some(kept.token.clone());
            }
        }
        let key = &mut self.context.init.certificate_key;
        if key.expose() == proposed.certificate_key.expose() {
            *key = kept.certificate_key.expose().into();
        }
    }
}
