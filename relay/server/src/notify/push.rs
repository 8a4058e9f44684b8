//! One message to one device by its browser's push service: RFC 8030, encrypted by RFC 8291, signed by RFC 8292.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use dragoman_core::time::UnixMillis;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Request, StatusCode};
use web_push_native::p256::PublicKey;

use super::endpoint::{PublicResolver, Reach, check_endpoint};
use super::vapid::VapidKey;
use super::{Answer, Message};
use crate::store::PushSubscription;

/// A push service that takes longer is asked once more.
const PATIENCE: Duration = Duration::from_secs(5);
/// All messages have this length before encryption, so that it does not tell what they say.
const PADDED_BYTES: usize = 160;

/// Sends to push services.
pub(super) struct PushSender {
    /// Absent where the system has no certificates to check push services with.
    client: Option<Client>,
    key: VapidKey,
    contact: Option<String>,
    reach: Reach,
}

impl PushSender {
    /// Reads or makes the key. `public_url` is told to push services, so that their operators find us.
    ///
    /// # Errors
    /// If the key can not be read or written.
    pub(super) fn open(data: &Path, public_url: &str, reach: Reach) -> anyhow::Result<Self> {
        let client = client(PATIENCE, Some(reach))
            .inspect_err(|error| tracing::error!(error = %format!("{error:#}"), "devices can not be rung"))
            .ok();
        let contact = public_url.starts_with("https://").then(|| public_url.to_owned());
        Ok(Self { client, key: VapidKey::open(data)?, contact, reach })
    }

    /// Key for browsers; `None` where nothing can be sent.
    pub(super) fn public_key(&self) -> Option<&str> {
        self.client.as_ref().map(|_| self.key.public())
    }

    /// Where devices may be.
    pub(super) fn reach(&self) -> Reach {
        self.reach
    }

    /// Sends one message. The answer's body is not read.
    pub(super) async fn send(&self, device: &PushSubscription, message: &Message, now: UnixMillis) -> Answer {
        let Some(client) = &self.client else { return Answer::Refused };
        match self.request(client, device, message, now) {
            Ok(request) => answer_of(client.execute(request).await),
            Err(error) => {
                tracing::warn!(%error, "a stored device can not be rung");
                Answer::Gone
            }
        }
    }

    fn request(
        &self,
        client: &Client,
        device: &PushSubscription,
        message: &Message,
        now: UnixMillis,
    ) -> anyhow::Result<Request> {
        let endpoint = check_endpoint(&device.endpoint, self.reach).map_err(anyhow::Error::msg)?;
        let key = PublicKey::from_sec1_bytes(&device.p256dh).context("its key is not a point of P-256")?;
        let mut text = serde_json::to_vec(message)?;
        text.resize(text.len().max(PADDED_BYTES), b' ');
        let body = web_push_native::encrypt(text, &key, &device.auth.into())?;
        let authorization = self.key.authorization(&endpoint, self.contact.as_deref(), now);
        let request = client
            .post(endpoint)
            .header(AUTHORIZATION, authorization)
            .header(CONTENT_ENCODING, "aes128gcm")
            .header("ttl", message.lifetime(now).as_secs())
            .header("urgency", message.kind.urgency())
            // A ring that still waits for the device is replaced by its end (RFC 8030, section 5.4).
            .header("topic", message.ring.as_str())
            .body(body);
        Ok(request.build()?)
    }
}

/// A client that follows no redirects and reads no proxy from the environment: neither may lead past the checks.
pub(super) fn client(patience: Duration, reach: Option<Reach>) -> anyhow::Result<Client> {
    let mut builder = Client::builder().redirect(Policy::none()).timeout(patience).no_proxy().referer(false);
    if let Some(reach) = reach {
        builder = builder.dns_resolver(std::sync::Arc::new(PublicResolver(reach)));
    }
    builder.build().context("outgoing TLS does not work; install the system's certificates (ca-certificates)")
}

/// What an answer means for the message.
pub(super) fn answer_of(answer: reqwest::Result<reqwest::Response>) -> Answer {
    let Ok(answer) = answer else { return Answer::Later(None) };
    match answer.status() {
        status if status.is_success() => Answer::Accepted,
        StatusCode::NOT_FOUND | StatusCode::GONE => Answer::Gone,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => {
            Answer::Later(wished(answer.headers()))
        }
        status if status.is_server_error() => Answer::Later(wished(answer.headers())),
        status => {
            tracing::warn!(%status, "a ring was refused");
            Answer::Refused
        }
    }
}

/// `Retry-After` in seconds (RFC 9110, section 10.2.3); the form with a date is passed over.
fn wished(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use web_push_native::p256::SecretKey;

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// RFC 8291, appendix A.
    #[test]
    fn the_encryption_is_that_of_the_standard() {
        let receiver = SecretKey::from_slice(&bytes("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")).unwrap();
        let auth: [u8; 16] = bytes("BTBZMqHH6r4Tts7J_aSIgg").try_into().unwrap();
        let sent = bytes(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
        );
        let plain = web_push_native::decrypt(sent, &receiver, &auth.into()).unwrap();
        assert_eq!(plain, b"When I grow up, I want to be a watermelon");
        let again = web_push_native::encrypt(plain.clone(), &receiver.public_key(), &auth.into()).unwrap();
        assert_eq!(web_push_native::decrypt(again, &receiver, &auth.into()).unwrap(), plain);
    }

    #[test]
    fn answers_are_told_apart() {
        let answer = |status: u16, retry: Option<&str>| {
            let mut response = axum::http::Response::builder().status(status);
            if let Some(retry) = retry {
                response = response.header(RETRY_AFTER, retry);
            }
            answer_of(Ok(response.body("").unwrap().into()))
        };
        assert_eq!(answer(201, None), Answer::Accepted);
        assert_eq!((answer(404, None), answer(410, None)), (Answer::Gone, Answer::Gone));
        assert_eq!(answer(429, Some("7")), Answer::Later(Some(Duration::from_secs(7))));
        assert_eq!(answer(503, Some("Tue, 01 Jan 2030 00:00:00 GMT")), Answer::Later(None));
        assert_eq!((answer(302, None), answer(403, None)), (Answer::Refused, Answer::Refused));
    }
}
