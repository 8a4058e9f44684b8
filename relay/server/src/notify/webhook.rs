//! Rings the administrator's own gateway (SMS, telephone) for mediators who left a way to reach them.

use std::time::Duration;

use anyhow::Context;
use dragoman_core::time::UnixMillis;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Request};
use serde::Serialize;
use sha2::Sha256;

use super::push::{answer_of, client};
use super::{Answer, Message};
use crate::config::Webhook;

/// A gateway that takes longer is asked once more.
const PATIENCE: Duration = Duration::from_secs(5);
/// Unix seconds at which the request was signed; the gateway refuses old ones.
pub const TIMESTAMP_HEADER: &str = "x-dragoman-timestamp";
/// `sha256=` and the hexadecimal HMAC-SHA-256 of `TIMESTAMP.BODY` under the shared secret.
pub const SIGNATURE_HEADER: &str = "x-dragoman-signature";

/// Sends to the gateway.
pub(super) struct WebhookSender {
    client: Client,
    webhook: Webhook,
}

/// What the gateway gets: whom to ring, and nothing of why.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    message: &'a Message,
    contact: &'a str,
}

impl WebhookSender {
    /// For a gateway that was configured.
    ///
    /// # Errors
    /// If outgoing TLS does not work.
    pub(super) fn new(webhook: Webhook) -> anyhow::Result<Self> {
        // The administrator chose the address, and may well have chosen one inside.
        let client = client(PATIENCE, None).context("--notify-webhook-url")?;
        Ok(Self { client, webhook })
    }

    /// Sends one message about one mediator. The answer's body is not read.
    pub(super) async fn send(&self, contact: &str, message: &Message, now: UnixMillis) -> Answer {
        match self.request(contact, message, now) {
            // A gateway that is gone is not forgotten: somebody will repair it.
            Ok(request) => match answer_of(self.client.execute(request).await) {
                Answer::Gone => Answer::Refused,
                other => other,
            },
            Err(error) => {
                tracing::error!(%error, "the notification gateway can not be asked");
                Answer::Refused
            }
        }
    }

    fn request(&self, contact: &str, message: &Message, now: UnixMillis) -> anyhow::Result<Request> {
        let body = serde_json::to_string(&Body { message, contact })?;
        let timestamp = (now.0 / 1_000).to_string();
        let signature = signature(self.webhook.secret.expose(), &timestamp, &body)?;
        let request = self
            .client
            .post(self.webhook.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(TIMESTAMP_HEADER, timestamp)
            .header(SIGNATURE_HEADER, signature)
            .body(body);
        Ok(request.build()?)
    }
}

fn signature(secret: &str, timestamp: &str, body: &str) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(body.as_bytes());
    Ok(format!("sha256={}", hex::encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `printf '%s' '1700000000.{"a":1}' | openssl dgst -sha256 -hmac KEY`.
    #[test]
    fn the_signature_is_what_others_compute() {
        let signature = signature("0123456789abcdef0123456789abcdef", "1700000000", "{\"a\":1}").unwrap();
        assert_eq!(signature, "sha256=f05f2539e3ae1c49aec5f8cfdad75ef6b06480b133973ffbb7ec9e18827af177");
    }
}
