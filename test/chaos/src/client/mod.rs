//! The clients: they repeat what may be repeated, and notice what no client should see.

mod issuance;
mod request;
mod settle;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Result;
use cairn_acme::{Algorithm, SigningKey};
use cairn_testkit::client::Client;
use cairn_testkit::responder::Http01;
use tokio::time::Instant;

use crate::random::Random;

pub(crate) use issuance::Issuance;
pub(crate) use request::{Counts, Requests};
pub(crate) use settle::Settled;

/// Why a client does not go on.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    /// It was told, properly, that the server cannot do it now.
    Later(String),
    /// It saw what it should never see.
    Wrong(String),
}

/// What all clients work off together.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    begun: AtomicU32,
    ended: AtomicU32,
}

impl Progress {
    /// The number of the next issuance, while there are any.
    fn next(&self, total: u32) -> Option<u32> {
        let next = self.begun.fetch_add(1, Ordering::Relaxed);
        (next < total).then_some(next)
    }

    /// How many issuances came to an end, for their client.
    pub(crate) fn ended(&self) -> u32 {
        self.ended.load(Ordering::Relaxed)
    }
}

/// A client with an account of its own.
pub(crate) struct Worker {
    pub(crate) requests: Requests,
    responder: Http01,
    /// What it asked for.
    pub(crate) issuances: Vec<Issuance>,
    /// What is wrong apart from its issuances.
    pub(crate) violations: Vec<String>,
    /// Orders of its account that it never heard of.
    pub(crate) unheard: u32,
}

impl Worker {
    /// Has no account yet.
    pub(crate) fn new(client: Client, responder: &Http01, random: Random) -> Result<Self> {
        let key = SigningKey::generate(Algorithm::Es256)?;
        Ok(Self {
            requests: Requests::new(client, key, random),
            responder: responder.clone(),
            issuances: Vec::new(),
            violations: Vec::new(),
            unheard: 0,
        })
    }

    /// Issues one after the other, until `total` were begun by all clients.
    pub(crate) async fn work(mut self, progress: Arc<Progress>, total: u32) -> Self {
        loop {
            match self.requests.register().await {
                Ok(()) => break,
                Err(Stop::Later(_)) => {}
                Err(Stop::Wrong(why)) => {
                    self.violations.push(format!("new account: {why}"));
                    return self;
                }
            }
        }
        while let Some(number) = progress.next(total) {
            match Issuance::new(&[format!("n{number}.chaos.example")]) {
                Ok(mut issuance) => {
                    let enough = Instant::now() + issuance::PATIENCE;
                    match self.drive(&mut issuance, enough).await {
                        Ok(certificate) => issuance.certificate = Some(certificate),
                        Err(stop) => issuance.stopped = Some(stop),
                    }
                    self.issuances.push(issuance);
                }
                Err(error) => self.violations.push(format!("no request can be made: {error:#}")),
            }
            progress.ended.fetch_add(1, Ordering::Relaxed);
        }
        self
    }
}
