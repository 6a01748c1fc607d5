//! The publisher.

use cairn_proto::publisher::v1::publication_client::PublicationClient;
use cairn_types::{Duration, Result};

use super::{Repeat, call};
use crate::api::publisher::SubmitPrecertificate;
use crate::convert::Wire;
use crate::{Channel, Context, Target};

/// Calls the publisher. What each call does is told in `proto/cairn/publisher/v1`.
#[derive(Clone)]
pub struct PublisherClient {
    publication: PublicationClient<Channel>,
}

impl PublisherClient {
    /// Who it is, and what a call may take unless the configuration says otherwise.
    pub const TARGET: Target = Target {
        name: "publisher.cairn",
        timeout: Duration::from_secs(20),
    };

    /// A client over a channel to the publisher.
    pub fn new(channel: Channel) -> Self {
        Self {
            publication: PublicationClient::new(channel),
        }
    }

    /// Submits a precertificate to one log; the answer is its SCT, verified, in the encoding of RFC 6962.
    pub async fn submit_precertificate(
        &self,
        context: &Context,
        request: SubmitPrecertificate,
    ) -> Result<Vec<u8>> {
        let message = request.into_wire();
        Ok(call!(
            self.publication,
            submit_precertificate,
            context,
            message,
            Repeat::Safe
        )
        .await?
        .sct)
    }
}
