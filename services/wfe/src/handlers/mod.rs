//! One file per resource.

mod account;
mod authz;
mod cert;
mod challenge;
pub(crate) mod directory;
mod explanation;
mod finalize;
mod issuer;
mod key_change;
mod new_account;
mod new_authz;
pub(crate) mod new_nonce;
mod new_order;
mod order;
mod orders;
mod renewal_info;
mod revoke_cert;
pub(crate) mod start;
mod terms;

use bytes::Bytes;
use http::Method;

use crate::answer::Answer;
use crate::front::Wfe;
use crate::refusal::Refusal;
use crate::request::Call;
use crate::routes::Route;

/// Answers a request whose method the resource allows. `body` is empty for other methods than POST.
pub(crate) async fn handle(wfe: &Wfe, call: &Call, route: &Route, body: Bytes) -> Result<Answer, Refusal> {
    if call.method == Method::POST {
        post(wfe, call, route, body).await
    } else {
        get(wfe, call, route).await
    }
}

async fn get(wfe: &Wfe, call: &Call, route: &Route) -> Result<Answer, Refusal> {
    match route {
        Route::Start => Ok(start::get(wfe)),
        Route::Directory => Ok(directory::get(wfe)),
        Route::NewNonce => Ok(new_nonce::get(wfe, call)),
        Route::RenewalInfo(id) => renewal_info::get(wfe, call, id).await,
        Route::Issuer(id) => issuer::get(wfe, id),
        Route::Terms(..) => Ok(terms::get(wfe)),
        Route::Explanation(ids) => explanation::get(wfe, call, *ids).await,
        _ => Err(Refusal::method(&call.method, route.allow())),
    }
}

async fn post(wfe: &Wfe, call: &Call, route: &Route, body: Bytes) -> Result<Answer, Refusal> {
    match *route {
        Route::Terms(account, ref proof) => terms::post(wfe, call, account, proof).await,
        Route::Directory => {
            wfe.authenticate(call, body).await?.read_only()?;
            Ok(directory::get(wfe))
        }
        Route::NewNonce => {
            wfe.authenticate(call, body).await?.read_only()?;
            Ok(new_nonce::get(wfe, call))
        }
        Route::NewAccount => new_account::post(wfe, call, body).await,
        Route::Account(id) => account::post(wfe, call, id, body).await,
        Route::Orders(id) => orders::post(wfe, call, id, body).await,
        Route::NewAuthz => new_authz::post(wfe, call, body).await,
        Route::NewOrder => new_order::post(wfe, call, body).await,
        Route::Order(id) => order::post(wfe, call, id, body).await,
        Route::Finalize(id) => finalize::post(wfe, call, id, body).await,
        Route::Authz(id) => authz::post(wfe, call, id, body).await,
        Route::Challenge(authz, id) => challenge::post(wfe, call, authz, id, body).await,
        Route::Cert(serial, chain) => cert::post(wfe, call, serial, chain, body).await,
        Route::RevokeCert => revoke_cert::post(wfe, call, body).await,
        Route::KeyChange => key_change::post(wfe, call, body).await,
        Route::Start | Route::RenewalInfo(_) | Route::Issuer(_) | Route::Explanation(_) => {
            Err(Refusal::method(&call.method, route.allow()))
        }
    }
}
