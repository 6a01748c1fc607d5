//! A registration authority and a storage authority around one small memory.

mod ra;
mod sa;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use cairn_kit::Env;
use cairn_rpc::pb::ra::v1::registration_server::RegistrationServer;
use cairn_rpc::pb::sa::v1::records_server::RecordsServer;
use cairn_rpc::{Hub, Server, ServerConfig};
use cairn_types::{Account, AccountId, Authorization, Certificate, Error, Order, Result};

/// What the two know.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) accounts: HashMap<AccountId, Account>,
    pub(crate) orders: Vec<Order>,
    pub(crate) authorizations: Vec<Authorization>,
    pub(crate) certificates: Vec<Certificate>,
    /// The finalize requests that arrived.
    pub(crate) finalize_requests: Vec<Vec<u8>>,
    /// What the next call of the registration authority fails with.
    pub(crate) refusal: Option<Error>,
    /// The calls of both, by name.
    pub(crate) calls: Vec<&'static str>,
}

impl Known {
    /// What was called since the last time.
    pub(crate) fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.state.lock().unwrap().calls)
    }

    /// Lets the next call of the registration authority fail.
    pub(crate) fn refuse(&self, error: Error) {
        self.state.lock().unwrap().refusal = Some(error);
    }

    /// Changes something.
    pub(crate) fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    /// Notes a call.
    fn call(&self, name: &'static str) {
        self.with(|state| state.calls.push(name));
    }
}

/// Serves both.
#[derive(Clone)]
pub(crate) struct Fakes {
    known: Arc<Known>,
    env: Env,
}

impl Fakes {
    pub(crate) async fn serve(hub: &Hub, env: &Env) -> Arc<Known> {
        let known = Arc::new(Known::default());
        let fakes = Self {
            known: Arc::clone(&known),
            env: env.clone(),
        };
        let wfe: &[&str] = &["wfe.cairn"];
        let ra = ServerConfig::loopback([("cairn.ra.v1.Registration", wfe)]);
        let ra = Server::new(ra)
            .service(RegistrationServer::new(fakes.clone()))
            .bind(&hub.transport("ra.cairn"))
            .await
            .unwrap();
        let sa = ServerConfig::loopback([("cairn.sa.v1.Records", wfe)]);
        let sa = Server::new(sa)
            .service(RecordsServer::new(fakes))
            .bind(&hub.transport("sa.cairn"))
            .await
            .unwrap();
        tokio::spawn(ra.serve(env.shutdown.clone()));
        tokio::spawn(sa.serve(env.shutdown.clone()));
        known
    }

    /// Notes a call of the registration authority, which fails if it was told to.
    fn rule(&self, name: &'static str) -> Result<()> {
        self.known.call(name);
        match self.known.with(|state| state.refusal.take()) {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}
