//! A server in this process, and the kubectl of this machine against it.
//!
//! `cargo run -p apply-server --features tls --example kubectl-against-us -- get namespaces` runs one command; without arguments
//! the server stays until it is interrupted, and says which kubeconfig to use. The port is encrypted and wants a client certificate, and
//! the kubeconfig has it.

#![allow(clippy::print_stdout, reason = "an example talks")]

use std::{env, error::Error, process::Command, time::Duration};

use apply_server::{ListenOptions, Server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder().fresh_cluster().build();
    let options = ListenOptions::new().client_certificates();
    let listener = server.listen_with("127.0.0.1:0", &options).await?;
    let config = env::temp_dir().join(format!(
        "apply-server-{}.kubeconfig",
        listener.address().port()
    ));
    listener.write_kubeconfig(&config)?;

    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments.is_empty() {
        println!("kubectl --kubeconfig {} get namespaces", config.display());
        std::future::pending::<()>().await;
    }
    let mut kubectl = Command::new("kubectl");
    kubectl.arg("--kubeconfig").arg(&config).args(arguments);
    let status = tokio::task::spawn_blocking(move || kubectl.status()).await??;
    std::fs::remove_file(config)?;
    println!(
        "{} requests, revision {}",
        server.requests().count(),
        server.revision()
    );
    listener.shutdown(Duration::from_secs(1)).await;
    if status.success() {
        Ok(())
    } else {
        Err(format!("kubectl: {status}").into())
    }
}
