//! The neighbours: a storage authority that holds what a test puts there, validators and a signer that answer
//! what they are told to. All of them write down what they were asked.

mod records;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use cairn_rpc::api::ca::Issue;
use cairn_rpc::api::sa::{
    AddReceipts, AuthorizationEvidence, BeginFinalize, BeginValidation, BegunFinalize, BegunValidation,
    ChangeKey, ClaimedOrder, ClaimedValidation, CreateAccount, CreateOrder, CreatedAccount,
    FindValidAuthorizations, FinishValidation, RecordAttempt, RevokeCertificate,
};
use cairn_rpc::convert::{Wire, handle};
use cairn_rpc::pb::ca::v1 as ca;
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::sa::v1 as sa;
use cairn_rpc::pb::va::v1 as va;
use cairn_types::{
    Account, Authorization, AuthorizationId, CaaCheck, Certificate, Error, Order, OrderStatus, Problem,
    Result, Timestamp, ValidationOutcome, ValidationRequest,
};
use tonic::{Request, Response, Status};

/// Everything the fakes hold and have seen.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) accounts: Vec<Account>,
    pub(crate) orders: Vec<Order>,
    pub(crate) authorizations: Vec<Authorization>,
    pub(crate) evidence: Vec<AuthorizationEvidence>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) key_changes: Vec<Vec<u8>>,
    pub(crate) claimed_validations: Vec<ClaimedValidation>,
    pub(crate) claimed_orders: Vec<ClaimedOrder>,
    /// The next answers of the validator, then successes.
    pub(crate) outcomes: VecDeque<Result<ValidationOutcome>>,
    /// The next answers of the signer, then certificates.
    pub(crate) issued: VecDeque<Result<Certificate>>,
    /// The order that the same request made before.
    pub(crate) placed: Option<Order>,
    /// The finalize request of all orders.
    pub(crate) finalization: Vec<u8>,
    /// How often an order is shown before it becomes valid.
    pub(crate) valid_after: Option<u32>,
    /// Once: the authorizations are given up while an order is created that reuses one.
    pub(crate) given_up: bool,
    /// Orders are in the hands of another process when they are to fail.
    pub(crate) taken_over: bool,
    /// The next so many calls by which work ends find no database behind the storage authority.
    pub(crate) outages: u32,
    /// Validators do not answer while this is set.
    pub(crate) hold: bool,
    /// The new deadlines of leases.
    pub(crate) renewals: Vec<Timestamp>,
    /// The authorizations that were looked for.
    pub(crate) looked_for: Vec<FindValidAuthorizations>,
    /// What was asked, by name of the call.
    pub(crate) calls: Vec<Call>,
}

/// A call that changes something, or that a test wants to see.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Call {
    CreateAccount(CreateAccount),
    CreateOrder(CreateOrder),
    ChangeKey(ChangeKey),
    BeginFinalize(BeginFinalize),
    FailOrder(Problem),
    BeginValidation(BeginValidation),
    RecordAttempt(RecordAttempt),
    FinishValidation(FinishValidation),
    AddReceipts(AddReceipts),
    Revoke(RevokeCertificate),
    Validate(ValidationRequest),
    CheckCaa(CaaCheck),
    Issue(Issue),
    DeactivateAuthorization(AuthorizationId),
}

/// The three fakes; clones share the world.
#[derive(Clone, Default)]
pub(crate) struct Fakes(Arc<Mutex<World>>);

impl Fakes {
    /// Looks at the world, or changes it.
    pub(crate) fn world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        look(&mut self.0.lock().unwrap())
    }

    fn outage(&self) -> Result<()> {
        self.world(|world| match world.outages.checked_sub(1) {
            Some(left) => {
                world.outages = left;
                Err(Error::unavailable("no database"))
            }
            None => Ok(()),
        })
    }

    fn find<T: Clone>(&self, what: &str, look: impl FnOnce(&World) -> Option<T>) -> Result<T> {
        self.world(|world| look(world))
            .ok_or_else(|| Error::not_found(what))
    }
}

fn unused<T>() -> std::result::Result<Response<T>, Status> {
    Err(Status::unimplemented(
        "the registration authority does not make this call",
    ))
}

type Answer<T> = std::result::Result<Response<T>, Status>;

#[tonic::async_trait]
impl sa::accounts_server::Accounts for Fakes {
    async fn create_account(
        &self,
        request: Request<sa::CreateAccountRequest>,
    ) -> Answer<sa::CreateAccountResponse> {
        handle(request, |_, wanted: CreateAccount| async move {
            self.world(|world| {
                let bound = world
                    .accounts
                    .iter()
                    .any(|known| known.external_account_binding.is_some());
                if bound && wanted.external_account_key_id.is_some() {
                    return Err(Error::conflict("bound"));
                }
                world.accounts.push(wanted.account.clone());
                world.calls.push(Call::CreateAccount(wanted.clone()));
                Ok(CreatedAccount {
                    account: wanted.account,
                    created: true,
                })
            })
        })
        .await
    }

    async fn update_contact(&self, _: Request<sa::UpdateContactRequest>) -> Answer<core::Account> {
        unused()
    }

    async fn agree_to_terms(&self, request: Request<sa::AgreeToTermsRequest>) -> Answer<core::Account> {
        let terms = request.get_ref().terms.clone();
        handle(
            request.map(|message| message.id),
            |_, id: cairn_types::AccountId| async move {
                self.world(|world| {
                    let account = world.accounts.iter_mut().find(|known| known.id == id).unwrap();
                    account.terms_agreed = Some(terms);
                    Ok(account.clone())
                })
            },
        )
        .await
    }

    async fn deactivate_account(&self, _: Request<sa::DeactivateAccountRequest>) -> Answer<core::Account> {
        unused()
    }

    async fn change_key(&self, request: Request<sa::ChangeKeyRequest>) -> Answer<core::Account> {
        handle(request, |_, wanted: ChangeKey| async move {
            self.world(|world| world.calls.push(Call::ChangeKey(wanted.clone())));
            self.find("account", |world| world.accounts.first().cloned())
        })
        .await
    }
}

#[tonic::async_trait]
impl sa::orders_server::Orders for Fakes {
    async fn create_order(&self, request: Request<sa::CreateOrderRequest>) -> Answer<core::Order> {
        handle(request, |_, wanted: CreateOrder| async move {
            self.world(|world| {
                world.calls.push(Call::CreateOrder(wanted.clone()));
                if std::mem::take(&mut world.given_up) {
                    world.authorizations.clear();
                    return Err(Error::conflict("an authorization cannot be used again"));
                }
                Ok(world.placed.clone().unwrap_or(wanted.order))
            })
        })
        .await
    }

    async fn begin_finalize(
        &self,
        request: Request<sa::BeginFinalizeRequest>,
    ) -> Answer<sa::BeginFinalizeResponse> {
        handle(request, |_, wanted: BeginFinalize| async move {
            let mut order = self.find("order", |world| world.orders.first().cloned())?;
            order.status = OrderStatus::Processing;
            self.world(|world| world.calls.push(Call::BeginFinalize(wanted)));
            Ok(BegunFinalize {
                order,
                leased: true,
                evidence: self.world(|world| world.evidence.clone()),
            })
        })
        .await
    }

    async fn fail_order(&self, request: Request<sa::FailOrderRequest>) -> Answer<core::Order> {
        handle(
            request.map(|message| message.problem),
            |_, problem: Problem| async move {
                self.outage()?;
                if self.world(|world| world.taken_over) {
                    return Err(Error::conflict("the lease was taken over"));
                }
                let mut order = self.find("order", |world| world.orders.first().cloned())?;
                order.status = OrderStatus::Invalid;
                order.error = Some(problem.clone());
                self.world(|world| world.calls.push(Call::FailOrder(problem)));
                Ok(order)
            },
        )
        .await
    }

    async fn renew_lease(
        &self,
        request: Request<sa::RenewOrderLeaseRequest>,
    ) -> Answer<sa::RenewOrderLeaseResponse> {
        let deadline = Timestamp::from_millis(request.into_inner().deadline);
        self.world(|world| world.renewals.push(deadline));
        Ok(Response::new(sa::RenewOrderLeaseResponse {}))
    }

    async fn claim_orders(&self, _: Request<sa::ClaimOrdersRequest>) -> Answer<sa::ClaimOrdersResponse> {
        let claimed = self.world(|world| std::mem::take(&mut world.claimed_orders));
        Ok(Response::new(sa::ClaimOrdersResponse {
            claimed: claimed.into_wire(),
        }))
    }
}

#[tonic::async_trait]
impl sa::authorizations_server::Authorizations for Fakes {
    async fn create_authorization(
        &self,
        _: Request<sa::CreateAuthorizationRequest>,
    ) -> Answer<core::Authorization> {
        unused()
    }

    async fn begin_validation(
        &self,
        request: Request<sa::BeginValidationRequest>,
    ) -> Answer<sa::BeginValidationResponse> {
        handle(request, |_, wanted: BeginValidation| async move {
            let authorization = self.find("authorization", |world| world.authorizations.first().cloned())?;
            let account = self.find("account", |world| {
                let mut known = world.accounts.iter();
                known.find(|known| known.id == wanted.account).cloned()
            })?;
            self.world(|world| world.calls.push(Call::BeginValidation(wanted)));
            Ok(BegunValidation {
                authorization,
                leased: true,
                thumbprint: account.thumbprint,
            })
        })
        .await
    }

    async fn record_attempt(
        &self,
        request: Request<sa::RecordAttemptRequest>,
    ) -> Answer<core::Authorization> {
        handle(request, |_, wanted: RecordAttempt| async move {
            self.outage()?;
            self.world(|world| world.calls.push(Call::RecordAttempt(wanted)));
            self.find("authorization", |world| world.authorizations.first().cloned())
        })
        .await
    }

    async fn renew_lease(
        &self,
        request: Request<sa::RenewValidationLeaseRequest>,
    ) -> Answer<sa::RenewValidationLeaseResponse> {
        let deadline = Timestamp::from_millis(request.into_inner().deadline);
        self.world(|world| world.renewals.push(deadline));
        Ok(Response::new(sa::RenewValidationLeaseResponse {}))
    }

    async fn finish_validation(
        &self,
        request: Request<sa::FinishValidationRequest>,
    ) -> Answer<core::Authorization> {
        handle(request, |_, wanted: FinishValidation| async move {
            self.outage()?;
            self.world(|world| world.calls.push(Call::FinishValidation(wanted)));
            self.find("authorization", |world| world.authorizations.first().cloned())
        })
        .await
    }

    async fn deactivate_authorization(
        &self,
        request: Request<sa::DeactivateAuthorizationRequest>,
    ) -> Answer<core::Authorization> {
        let id = AuthorizationId::from_wire(request.into_inner().id).unwrap();
        self.world(|world| world.calls.push(Call::DeactivateAuthorization(id)));
        self.find("authorization", |world| world.evidence.first().cloned())
            .map(|known| Response::new(known.authorization.into_wire()))
            .map_err(cairn_rpc::to_status)
    }

    async fn add_receipts(
        &self,
        request: Request<sa::AddReceiptsRequest>,
    ) -> Answer<sa::AddReceiptsResponse> {
        let added = AddReceipts::from_wire(request.into_inner()).unwrap();
        self.world(|world| world.calls.push(Call::AddReceipts(added)));
        Ok(Response::new(sa::AddReceiptsResponse {}))
    }

    async fn claim_validations(
        &self,
        _: Request<sa::ClaimValidationsRequest>,
    ) -> Answer<sa::ClaimValidationsResponse> {
        let claimed = self.world(|world| std::mem::take(&mut world.claimed_validations));
        Ok(Response::new(sa::ClaimValidationsResponse {
            claimed: claimed.into_wire(),
        }))
    }
}

#[tonic::async_trait]
impl sa::certificates_server::Certificates for Fakes {
    async fn revoke_certificate(
        &self,
        request: Request<sa::RevokeCertificateRequest>,
    ) -> Answer<core::Certificate> {
        handle(request, |_, wanted: RevokeCertificate| async move {
            self.world(|world| world.calls.push(Call::Revoke(wanted)));
            self.find("certificate", |world| world.certificates.first().cloned())
        })
        .await
    }
}

#[tonic::async_trait]
impl va::validation_server::Validation for Fakes {
    async fn validate(&self, request: Request<va::ValidateRequest>) -> Answer<va::ValidationResponse> {
        handle(request, |_, wanted: ValidationRequest| async move {
            self.world(|world| world.calls.push(Call::Validate(wanted)));
            while self.world(|world| world.hold) {
                tokio::task::yield_now().await;
            }
            self.outcome()
        })
        .await
    }

    async fn check_caa(&self, request: Request<va::CheckCaaRequest>) -> Answer<va::ValidationResponse> {
        handle(request, |_, wanted: CaaCheck| async move {
            self.world(|world| world.calls.push(Call::CheckCaa(wanted)));
            self.outcome()
        })
        .await
    }
}

impl Fakes {
    fn outcome(&self) -> Result<ValidationOutcome> {
        let success = || {
            Ok(ValidationOutcome {
                problem: None,
                transient: false,
                receipts: vec![b"receipt".to_vec()],
                observations: Vec::new(),
                valid_until: None,
            })
        };
        self.world(|world| world.outcomes.pop_front())
            .unwrap_or_else(success)
    }
}

#[tonic::async_trait]
impl ca::issuance_server::Issuance for Fakes {
    async fn issue(&self, request: Request<ca::IssueRequest>) -> Answer<core::Certificate> {
        handle(request, |_, wanted: Issue| async move {
            self.world(|world| world.calls.push(Call::Issue(wanted)));
            let next = self.world(|world| world.issued.pop_front());
            next.unwrap_or_else(|| self.find("certificate", |world| world.certificates.first().cloned()))
        })
        .await
    }
}
