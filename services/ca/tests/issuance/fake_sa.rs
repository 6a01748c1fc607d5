//! A storage authority of one table, which can be told to fail or to lie.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use cairn_rpc::api::sa::{StoredTbs, Unsigned};
use cairn_rpc::convert::handle;
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as pb;
use cairn_rpc::pb::sa::v1::records_server::Records;
use cairn_rpc::pb::sa::v1::signing_server::Signing;
use cairn_types::{Certificate, Error, OrderId, Serial};
use tonic::{Request, Response, Status};

type Result<T, E = Error> = std::result::Result<T, E>;
type Lie = Box<dyn Fn(Unsigned) -> Unsigned + Send>;

#[derive(Default)]
struct State {
    stored: HashMap<OrderId, (Unsigned, Option<Vec<u8>>)>,
    lose_certificates: bool,
    lie: Option<Lie>,
    rival: Option<Vec<u8>>,
    /// Signatures that arrived, stored or not.
    signatures: Vec<Vec<u8>>,
}

#[derive(Clone, Default)]
pub(crate) struct FakeSa(Arc<Mutex<State>>);

impl FakeSa {
    /// From now on certificates do not arrive, as if the caller had died before sending them.
    pub(crate) fn lose_certificates(&self, lose: bool) {
        self.0.lock().unwrap().lose_certificates = lose;
    }

    /// From now on the answer to `StoreTbs` is what `lie` makes of it.
    pub(crate) fn lie(&self, lie: impl Fn(Unsigned) -> Unsigned + Send + 'static) {
        self.0.lock().unwrap().lie = Some(Box::new(lie));
    }

    /// What is stored for the order.
    pub(crate) fn stored(&self, order: OrderId) -> Option<Unsigned> {
        let state = self.0.lock().unwrap();
        state.stored.get(&order).map(|(unsigned, _)| unsigned.clone())
    }

    /// The certificates that were sent, whatever became of them.
    pub(crate) fn signatures(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().signatures.clone()
    }

    /// The next certificate comes too late: another process has stored this one.
    pub(crate) fn rival(&self, der: Vec<u8>) {
        self.0.lock().unwrap().rival = Some(der);
    }

    fn put(&self, serial: Serial, der: Vec<u8>) -> Result<Certificate> {
        let mut state = self.0.lock().unwrap();
        let entry = state
            .stored
            .values_mut()
            .find(|(unsigned, _)| unsigned.serial == serial)
            .ok_or_else(|| Error::conflict("no such serial"))?;
        match &entry.1 {
            Some(present) if *present != der => return Err(Error::conflict("another certificate is stored")),
            _ => entry.1 = Some(der),
        }
        Ok(certificate(&entry.0, entry.1.as_deref().unwrap_or_default()))
    }

    fn store_tbs_of(&self, unsigned: Unsigned) -> StoredTbs {
        let mut state = self.0.lock().unwrap();
        let (unsigned, certificate) = state
            .stored
            .entry(unsigned.order)
            .or_insert((unsigned, None))
            .clone();
        let unsigned = match &state.lie {
            Some(lie) => lie(unsigned),
            None => unsigned,
        };
        StoredTbs {
            unsigned,
            certificate,
        }
    }

    fn store_certificate_of(&self, serial: Serial, der: Vec<u8>) -> Result<Certificate> {
        let rival = {
            let mut state = self.0.lock().unwrap();
            state.signatures.push(der.clone());
            if state.lose_certificates {
                return Err(Error::conflict("lost"));
            }
            state.rival.take()
        };
        if let Some(rival) = rival {
            self.put(serial, rival)?;
        }
        self.put(serial, der)
    }

    fn find(&self, serial: Serial) -> Result<Certificate> {
        let state = self.0.lock().unwrap();
        state
            .stored
            .values()
            .find(|(unsigned, _)| unsigned.serial == serial)
            .and_then(|(unsigned, der)| der.as_ref().map(|der| certificate(unsigned, der)))
            .ok_or_else(|| Error::not_found("certificate"))
    }
}

fn certificate(unsigned: &Unsigned, der: &[u8]) -> Certificate {
    Certificate {
        serial: unsigned.serial,
        order: unsigned.order,
        account: unsigned.account,
        profile: unsigned.profile.clone(),
        issuer: unsigned.issuer.clone(),
        identifiers: unsigned.identifiers.clone(),
        spki: unsigned.spki,
        not_before: unsigned.not_before,
        not_after: unsigned.not_after,
        der: der.to_vec(),
        prepared: crate::stack::NOW,
        revocation: None,
    }
}

#[tonic::async_trait]
impl Signing for FakeSa {
    async fn store_tbs(
        &self,
        request: Request<pb::StoreTbsRequest>,
    ) -> Result<Response<pb::StoreTbsResponse>, Status> {
        let request = request.map(|message| message.unsigned);
        handle(request, |_, unsigned: Unsigned| async move {
            Ok(self.store_tbs_of(unsigned))
        })
        .await
    }

    async fn store_certificate(
        &self,
        request: Request<pb::StoreCertificateRequest>,
    ) -> Result<Response<core::Certificate>, Status> {
        let der = request.get_ref().der.clone();
        let request = request.map(|message| message.serial);
        handle(request, |_, serial: Serial| async move {
            self.store_certificate_of(serial, der)
        })
        .await
    }
}

/// Implements the calls that are not made.
macro_rules! never {
    ($($name:ident($request:ty) -> $response:ty;)*) => {
        #[tonic::async_trait]
        impl Records for FakeSa {
            async fn get_certificate(
                &self,
                request: Request<pb::GetCertificateRequest>,
            ) -> Result<Response<core::Certificate>, Status> {
                let request = request.map(|message| message.serial);
                handle(request, |_, serial: Serial| async move { self.find(serial) }).await
            }
            $(async fn $name(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                Err(Status::unimplemented("the certificate authority does not ask"))
            })*
        }
    };
}

never! {
    get_account(pb::GetAccountRequest) -> core::Account;
    find_account_by_key(pb::FindAccountByKeyRequest) -> pb::FindAccountByKeyResponse;
    list_key_changes(pb::ListKeyChangesRequest) -> pb::ListKeyChangesResponse;
    get_order(pb::GetOrderRequest) -> core::Order;
    get_finalization(pb::GetFinalizationRequest) -> pb::GetFinalizationResponse;
    list_orders(pb::ListOrdersRequest) -> pb::ListOrdersResponse;
    get_authorization(pb::GetAuthorizationRequest) -> core::Authorization;
    find_valid_authorizations(pb::FindValidAuthorizationsRequest) -> pb::AuthorizationList;
    get_order_evidence(pb::GetOrderEvidenceRequest) -> pb::GetOrderEvidenceResponse;
    is_replaced(pb::IsReplacedRequest) -> pb::IsReplacedResponse;
}
