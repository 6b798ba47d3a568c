//! `kubectl`: the cluster's API server on a port, with the certificates that the phases made, for the kubectl of this machine.

use std::{fs, path::Path, process::Command, time::Duration};

use apply_server::{ListenOptions, Listener, Server};

use crate::{cluster, failure::Failure};

/// A name that every API server's certificate has.
const SERVER_NAME: &str = "kubernetes";

pub(crate) fn kubectl(root: &Path, arguments: &[String]) -> Result<(), Failure> {
    if !cluster::journal_path(root).exists() {
        let text = format!("{}: there is no cluster; `up` makes one", root.display());
        return Err(Failure::Input(text));
    }
    let _taken = cluster::take(root, 0)?;
    let server = cluster::server(root)?;
    let options = options(root)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime
        .map_err(Failure::run)?
        .block_on(serve(root, server, options, arguments))
}

/// Who has a certificate of the cluster's authority is let in.
fn options(root: &Path) -> Result<ListenOptions, Failure> {
    let read = |name: &str| {
        let path = root.join("etc/kubernetes/pki").join(name);
        fs::read(&path).map_err(|error| Failure::Run(format!("{}: {error}", path.display())))
    };
    Ok(ListenOptions::new().certificates(
        read("apiserver.crt")?,
        read("apiserver.key")?,
        read("ca.crt")?,
    ))
}

async fn serve(
    root: &Path,
    server: Server,
    options: ListenOptions,
    arguments: &[String],
) -> Result<(), Failure> {
    let listener = server.listen_with("127.0.0.1:0", &options).await;
    let listener = listener.map_err(Failure::run)?;
    let own = own_arguments(root, &listener);
    if arguments.is_empty() {
        println!("kubectl {}", own.join(" "));
        return std::future::pending().await;
    }
    let mut kubectl = Command::new("kubectl");
    kubectl.args(own).args(arguments);
    let status = tokio::task::spawn_blocking(move || kubectl.status()).await;
    let status = status
        .map_err(Failure::run)?
        .map_err(|error| Failure::Run(format!("kubectl: {error}")))?;
    listener.shutdown(Duration::from_secs(1)).await;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Run(format!("kubectl: {status}")))
}

/// As the administrator, at the port instead of the endpoint that nothing listens on.
fn own_arguments(root: &Path, listener: &Listener) -> [String; 3] {
    let admin = root.join("etc/kubernetes/admin.conf");
    [
        format!("--kubeconfig={}", admin.display()),
        format!("--server=https://{}", listener.address()),
        format!("--tls-server-name={SERVER_NAME}"),
    ]
}
