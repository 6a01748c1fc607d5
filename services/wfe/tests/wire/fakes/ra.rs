//! A registration authority that grants everything it was not told to refuse.

use cairn_acme::{KeyChange, PublicKey};
use cairn_rpc::api::ra::{
    AnswerChallenge, ChangeAccountKey, DeactivateAuthorization, Finalize, NewAccount, NewAuthorization,
    NewOrder, Revoke, UpdateContact,
};
use cairn_rpc::api::sa::CreatedAccount;
use cairn_rpc::convert::handle;
use cairn_rpc::pb::core::v1 as core;
use cairn_rpc::pb::ra::v1 as pb;
use cairn_rpc::pb::ra::v1::registration_server::Registration;
use cairn_types::{
    Account, AccountId, AccountStatus, Authorization, AuthorizationId, AuthorizationStatus, Certificate,
    Challenge, ChallengeId, ChallengeStatus, ChallengeType, Duration, Error, Identifier, Order, OrderId,
    OrderStatus, Token,
};
use tonic::{Request, Response, Status};

use super::Fakes;
use crate::pki::SERIAL;

const DAY: Duration = Duration::from_secs(86_400);

impl Fakes {
    fn new_account(&self, request: NewAccount) -> Result<CreatedAccount, Error> {
        self.rule("ra.new_account")?;
        let key = PublicKey::from_jwk(request.jwk.as_bytes())?;
        let (clock, rng) = (&*self.env.clock, &*self.env.rng);
        self.known.with(|state| {
            let mut accounts = state.accounts.values();
            if let Some(account) = accounts
                .find(|account| account.thumbprint == key.thumbprint())
                .cloned()
            {
                return Ok(CreatedAccount {
                    account,
                    created: false,
                });
            }
            let account = Account {
                id: AccountId::new(clock, rng),
                jwk: key.jwk().to_owned(),
                thumbprint: key.thumbprint(),
                status: AccountStatus::Valid,
                contact: request.contact,
                terms_agreed: request
                    .terms_agreed
                    .then(|| "https://ca.example/terms".to_owned()),
                external_account_binding: request.external_account_binding,
                created: clock.now(),
            };
            state.accounts.insert(account.id, account.clone());
            Ok(CreatedAccount {
                account,
                created: true,
            })
        })
    }

    fn change(
        &self,
        name: &'static str,
        id: AccountId,
        change: impl FnOnce(&mut Account),
    ) -> Result<Account, Error> {
        self.rule(name)?;
        self.known.with(|state| {
            let account = state
                .accounts
                .get_mut(&id)
                .ok_or_else(|| Error::not_found("account"))?;
            change(account);
            Ok(account.clone())
        })
    }

    fn change_key(&self, request: &ChangeAccountKey) -> Result<Account, Error> {
        let change = KeyChange::verify(&request.request)?;
        self.change("ra.change_key", request.account, |account| {
            change.new_key.jwk().clone_into(&mut account.jwk);
            account.thumbprint = change.new_key.thumbprint();
        })
    }

    fn authorization(&self, account: AccountId, identifier: &Identifier) -> Authorization {
        let (clock, rng) = (&*self.env.clock, &*self.env.rng);
        Authorization {
            id: AuthorizationId::new(clock, rng),
            account,
            identifier: identifier.base(),
            wildcard: identifier.is_wildcard(),
            status: AuthorizationStatus::Pending,
            expires: clock.now() + DAY,
            challenges: vec![Challenge {
                id: ChallengeId::new(clock, rng),
                kind: ChallengeType::Http01,
                token: Token::new(rng),
                status: ChallengeStatus::Pending,
                validated: None,
                error: None,
            }],
            validated_by: None,
            created: clock.now(),
        }
    }

    fn new_order(&self, request: NewOrder) -> Result<Order, Error> {
        self.rule("ra.new_order")?;
        let authorizations: Vec<_> = request
            .identifiers
            .iter()
            .map(|it| self.authorization(request.account, it))
            .collect();
        let order = Order {
            id: OrderId::new(&*self.env.clock, &*self.env.rng),
            account: request.account,
            status: OrderStatus::Pending,
            expires: self.env.clock.now() + DAY,
            identifiers: request.identifiers,
            profile: request.profile.unwrap_or_else(|| "classic".parse().unwrap()),
            not_before: request.not_before,
            not_after: request.not_after,
            replaces: request.replaces,
            authorizations: authorizations.iter().map(|it| it.id).collect(),
            error: None,
            serial: None,
            created: self.env.clock.now(),
        };
        self.known.with(|state| {
            state.authorizations.extend(authorizations);
            state.orders.push(order.clone());
        });
        Ok(order)
    }

    fn new_authorization(&self, request: &NewAuthorization) -> Result<Authorization, Error> {
        self.rule("ra.new_authorization")?;
        let made = self.authorization(request.account, &request.identifier);
        self.known.with(|state| state.authorizations.push(made.clone()));
        Ok(made)
    }

    fn touch(
        &self,
        (account, id): (AccountId, AuthorizationId),
        change: impl FnOnce(&mut Authorization),
    ) -> Result<Authorization, Error> {
        self.known.with(|state| {
            let mut all = state.authorizations.iter_mut();
            let found = all
                .find(|it| it.id == id)
                .ok_or_else(|| Error::not_found("authorization"))?;
            if found.account != account {
                return Err(Error::unauthorized(
                    "the authorization belongs to another account",
                ));
            }
            change(found);
            Ok(found.clone())
        })
    }

    fn finalize(&self, request: &Finalize) -> Result<Order, Error> {
        self.rule("ra.finalize")?;
        self.known.with(|state| {
            state.finalize_requests.push(request.request.clone());
            let mut all = state.orders.iter_mut();
            let order = all
                .find(|it| it.id == request.order)
                .ok_or_else(|| Error::not_found("order"))?;
            (order.status, order.serial) = match request.csr.as_slice() {
                b"slow" => (OrderStatus::Processing, None),
                _ => (OrderStatus::Valid, Some(SERIAL.parse().unwrap())),
            };
            Ok(order.clone())
        })
    }

    fn revoke(&self, _: Revoke) -> Result<Certificate, Error> {
        self.rule("ra.revoke")?;
        self.known.with(|state| {
            state
                .certificates
                .first()
                .cloned()
                .ok_or_else(|| Error::not_found("certificate"))
        })
    }
}

#[tonic::async_trait]
impl Registration for Fakes {
    async fn new_account(
        &self,
        request: Request<pb::NewAccountRequest>,
    ) -> Result<Response<pb::NewAccountResponse>, Status> {
        handle(request, |_, wanted: NewAccount| async move {
            self.new_account(wanted)
        })
        .await
    }

    async fn update_contact(
        &self,
        request: Request<pb::UpdateContactRequest>,
    ) -> Result<Response<core::Account>, Status> {
        handle(request, |_, wanted: UpdateContact| async move {
            self.change("ra.update_contact", wanted.account, |account| {
                account.contact = wanted.contact;
            })
        })
        .await
    }

    async fn agree_to_terms(
        &self,
        request: Request<pb::AgreeToTermsRequest>,
    ) -> Result<Response<core::Account>, Status> {
        let proof = request.get_ref().proof.clone();
        let request = request.map(|message| message.account);
        handle(request, |_, id: AccountId| async move {
            if proof != "proof" {
                return Err(Error::not_found("agreement"));
            }
            self.change("ra.agree_to_terms", id, |account| {
                account.terms_agreed = Some("https://ca.example/terms".to_owned());
            })
        })
        .await
    }

    async fn deactivate_account(
        &self,
        request: Request<pb::DeactivateAccountRequest>,
    ) -> Result<Response<core::Account>, Status> {
        let request = request.map(|message| message.account);
        handle(request, |_, id: AccountId| async move {
            self.change("ra.deactivate_account", id, |account| {
                account.status = AccountStatus::Deactivated;
            })
        })
        .await
    }

    async fn change_key(
        &self,
        request: Request<pb::ChangeKeyRequest>,
    ) -> Result<Response<core::Account>, Status> {
        handle(request, |_, wanted: ChangeAccountKey| async move {
            self.change_key(&wanted)
        })
        .await
    }

    async fn new_order(
        &self,
        request: Request<pb::NewOrderRequest>,
    ) -> Result<Response<core::Order>, Status> {
        handle(
            request,
            |_, wanted: NewOrder| async move { self.new_order(wanted) },
        )
        .await
    }

    async fn new_authorization(
        &self,
        request: Request<pb::NewAuthorizationRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        handle(request, |_, wanted: NewAuthorization| async move {
            self.new_authorization(&wanted)
        })
        .await
    }

    async fn deactivate_authorization(
        &self,
        request: Request<pb::DeactivateAuthorizationRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        handle(request, |_, wanted: DeactivateAuthorization| async move {
            self.rule("ra.deactivate_authorization")?;
            self.touch((wanted.account, wanted.authorization), |it| {
                it.status = AuthorizationStatus::Deactivated;
            })
        })
        .await
    }

    async fn answer_challenge(
        &self,
        request: Request<pb::AnswerChallengeRequest>,
    ) -> Result<Response<core::Authorization>, Status> {
        handle(request, |_, wanted: AnswerChallenge| async move {
            self.rule("ra.answer_challenge")?;
            self.touch((wanted.account, wanted.authorization), |it| {
                it.challenges[0].status = ChallengeStatus::Processing;
            })
        })
        .await
    }

    async fn finalize(&self, request: Request<pb::FinalizeRequest>) -> Result<Response<core::Order>, Status> {
        handle(
            request,
            |_, wanted: Finalize| async move { self.finalize(&wanted) },
        )
        .await
    }

    async fn revoke(
        &self,
        request: Request<pb::RevokeRequest>,
    ) -> Result<Response<core::Certificate>, Status> {
        handle(request, |_, wanted: Revoke| async move { self.revoke(wanted) }).await
    }
}
