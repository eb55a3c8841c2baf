//! Listens, serves, and stops without losing anything.

use crate::failure::Failure;
use crate::http::router;
use socle_pipeline::Pipeline;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Takes the address, so that a taken port is told before anything long begins.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure::environment(
            format!("The address {address} is taken by another program."),
            "Stop that program, or name another address with --listen 127.0.0.1:0 (any free port).",
        ),
        std::io::ErrorKind::PermissionDenied => Failure::environment(
            format!("This user may not listen on {address}."),
            "Ports below 1024 need a right; take one above, behind a reverse proxy.",
        ),
        _ => Failure::environment(format!("Cannot listen on {address}: {error}."), "Check the address."),
    })
}

/// The public address: as set, else where we listen.
pub fn base_url(set: Option<&String>, listener: &TcpListener) -> Result<String, Failure> {
    if let Some(url) = set {
        return Ok(url.clone());
    }
    let address = listener.local_addr().map_err(|error| {
        Failure::environment(format!("The listening address is lost: {error}."), "Start again.")
    })?;
    Ok(format!("http://{address}"))
}

/// Serves until asked to stop, then finishes what is under way and closes the store.
pub async fn serve(listener: TcpListener, pipeline: Pipeline) -> Result<(), Failure> {
    let (stop, stopping) = watch::channel(false);
    let service =
        router::router(pipeline.clone(), stopping).into_make_service_with_connect_info::<SocketAddr>();
    let jobs = pipeline.start_jobs();
    // Connections that are held open would otherwise be waited for.
    let asked = async move {
        stop_signal().await;
        stop.send_replace(true);
    };
    let served = axum::serve(listener, service).with_graceful_shutdown(asked).await;
    jobs.stop().await;
    let closed = pipeline.gate().close().await;
    served.map_err(|error| Failure::environment(format!("Serving stopped: {error}."), "Start again."))?;
    closed.map_err(|error| {
        Failure::store(
            format!("The store did not close cleanly: {error}."),
            "Nothing acknowledged is lost; start again.",
        )
    })
}

/// Ends when the process is asked to stop: Ctrl-C or SIGTERM.
async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
}
