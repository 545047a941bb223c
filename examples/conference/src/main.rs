//! A video conference in the browser, through lahn.
//!
//! ```text
//!   browser ── WebSocket (SIGNALLING.md) ── session ──> hall ── commands ──> lahn::Driver
//!           ── UDP (ICE, DTLS, SRTP) ─────────────────────────────────────>  (its own thread)
//! ```
//!
//! `page` serves the page, `session` is one WebSocket, `message` what is said over it, `hall`
//! knows who is in which conference and is the only one that talks to the engine. The page shows
//! what the engine does, too: in each tile which layer is sent and why, and beside the tiles, for
//! each viewer, the estimate of the link, what is sent and what is allotted in the last minute.

mod hall;
mod listen;
mod message;
mod options;
mod page;
mod session;
mod tls;

use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use lahn::driver::{Driver, DriverConfig, local_addresses};

use crate::hall::Hall;
use crate::options::Options;

/// How long endpoints get to be told goodbye when the program ends.
const GRACE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{}", options::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("conference: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn Error>> {
    let (driver, events) = Driver::start(media(options))?;
    let hall = Hall::open(driver.clone(), events)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served: Result<(), Box<dyn Error>> = runtime.block_on(async {
        let app = page::app(hall);
        let plain = listen::localhost(options.port).await?;
        println!("http://localhost:{}", plain.port);
        if options.https {
            let secure = listen::everywhere(options.https_port()).await?;
            let ips = network_addresses(&driver);
            for ip in &ips {
                println!("https://{}", SocketAddr::new(*ip, secure.port));
            }
            let acceptor = tls::self_signed(&ips)?;
            for listener in secure.listeners {
                let listener = tls::TlsListener::new(listener, acceptor.clone());
                tokio::spawn(axum::serve(listener, app.clone()).into_future());
            }
        }
        for listener in plain.listeners {
            tokio::spawn(axum::serve(listener, app.clone()).into_future());
        }
        Ok(told_to_end().await?)
    });
    driver.stop(GRACE)?;
    served
}

/// Ctrl-C, or what a service manager sends.
async fn told_to_end() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            ended = tokio::signal::ctrl_c() => ended,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// Browsers on this machine reach loopback even without a network; some (Firefox) never try it,
/// and reach the machine's own address instead, as browsers on the local network do.
fn media(options: &Options) -> DriverConfig {
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut advertise = match &options.advertise[..] {
        [] => local_addresses(),
        given => given.to_vec(),
    };
    if !advertise.contains(&loopback) {
        advertise.push(loopback);
    }
    let listen = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), options.media_port);
    let mut config = DriverConfig { listen, advertise, ..DriverConfig::default() };
    config.engine.dtls.versions = options.dtls;
    config.engine.congestion.enabled = !options.ignores_links;
    config
}

fn network_addresses(driver: &Driver) -> Vec<IpAddr> {
    let ips = driver.candidates().iter().map(|candidate| candidate.ip());
    ips.filter(|ip| !ip.is_loopback()).collect()
}
