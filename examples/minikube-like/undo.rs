//! `undo`: takes back what the last `up` did.

use std::io::stdout;

use bootstrap_phases::{
    Digest, EventSink, JsonLines, Runner, StdFiles,
    kubeadm::{api::PORT, init_workflow},
};

use crate::{
    cli::{Output, Undo},
    cluster,
    failure::Failure,
    output::TextOutput,
    run::KEPT,
    up,
};

pub(crate) fn undo(arguments: &Undo) -> Result<(), Failure> {
    let root = arguments.root.as_path();
    let journal = cluster::take(root, arguments.wait)?;
    let api = up::api(&cluster::server(root)?);
    let flow = init_workflow().build().map_err(Failure::run)?;
    let files = StdFiles::new(root);
    let sink: Box<dyn EventSink> = match arguments.output {
        Output::Text => Box::new(TextOutput::new()),
        Output::Json => Box::new(JsonLines::new(stdout())),
    };
    // What is undone stands in the journal; a configuration is not needed.
    let mut runner = Runner::new(&flow, &files)
        .journal(&journal, Digest::of(b""))
        .keep(KEPT)
        .port(PORT, &api);
    if arguments.force {
        runner = runner.force();
    }
    if arguments.dry_run {
        let plan = runner.undo_plan().map_err(Failure::run)?;
        match arguments.output {
            Output::Text => print!("{plan}"),
            Output::Json => println!("{}", serde_json::to_string(&plan).map_err(Failure::run)?),
        }
        return Ok(());
    }
    let report = runner.events(sink.as_ref()).undo().map_err(Failure::run)?;
    if arguments.output == Output::Text {
        up::summary(&report, root);
    }
    Ok(())
}
