//! A push service on this machine, and a device that opens what comes by it; written from the RFCs, not with the
//! relay's library.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes128Gcm, KeyInit};
use anyhow::{Context, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hkdf::Hkdf;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::{PublicKey, SecretKey};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::client::PATIENCE;

/// Takes POST requests at any path, and answers each as it was told to.
pub struct PushService {
    address: SocketAddr,
    answers: Answers,
    taken: mpsc::UnboundedReceiver<Taken>,
}

type Answers = Arc<Mutex<VecDeque<(StatusCode, HeaderMap)>>>;

/// One request.
#[derive(Debug)]
pub struct Taken {
    /// Its path.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl PushService {
    /// Opens one.
    pub async fn start() -> anyhow::Result<Self> {
        let (take, taken) = mpsc::unbounded_channel();
        let answers = Answers::default();
        let router = Router::new().fallback(answer).with_state((answers.clone(), take));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, answers, taken })
    }

    /// An address of it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// What the next request gets that has no answer yet; 201 without that.
    pub fn will_answer(&self, status: StatusCode, headers: HeaderMap) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push_back((status, headers));
    }

    /// The next request.
    pub async fn next(&mut self) -> anyhow::Result<Taken> {
        tokio::time::timeout(PATIENCE, self.taken.recv())
            .await
            .context("nothing was pushed")?
            .context("ended")
    }
}

async fn answer(
    State((answers, take)): State<(Answers, mpsc::UnboundedSender<Taken>)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, HeaderMap) {
    let planned = answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let _ = take.send(Taken { path: uri.path().to_owned(), headers, body });
    planned.unwrap_or((StatusCode::CREATED, HeaderMap::new()))
}

impl Taken {
    /// A header as text; empty where it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Checks the signature under the key that was subscribed with (RFC 8292, section 2); the claims.
    pub fn claims(&self, key: &str) -> anyhow::Result<Value> {
        let (token, told) = self
            .header("authorization")
            .strip_prefix("vapid t=")
            .and_then(|rest| rest.split_once(", k="))
            .context("this is no VAPID header")?;
        ensure!(told == key, "signed with another key than browsers subscribed to");
        let (signed, signature) = token.rsplit_once('.').context("this is no JWT")?;
        let key = VerifyingKey::from_sec1_bytes(&URL_SAFE_NO_PAD.decode(key)?)?;
        key.verify(signed.as_bytes(), &Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature)?)?)?;
        let (header, claims) = signed.split_once('.').context("this is no JWT")?;
        let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header)?)?;
        ensure!(header["alg"] == "ES256", "{header}");
        Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?)
    }
}

/// A device with its keys, as a browser makes them.
pub struct Device {
    key: SecretKey,
    auth: [u8; 16],
}

impl Device {
    /// With fresh keys.
    pub fn new() -> anyhow::Result<Self> {
        Ok(Self { key: SecretKey::from_slice(&rand::random::<[u8; 32]>())?, auth: rand::random() })
    }

    /// What it subscribes with.
    pub fn subscription(&self, endpoint: &str) -> Value {
        let key = self.key.public_key().to_encoded_point(false);
        json!({
            "endpoint": endpoint,
            "p256dh": URL_SAFE_NO_PAD.encode(key.as_bytes()),
            "auth": URL_SAFE_NO_PAD.encode(self.auth),
        })
    }

    /// Opens a message of one record (RFC 8188, section 2, with the keys of RFC 8291, section 3.4).
    pub fn open(&self, body: &[u8]) -> anyhow::Result<Vec<u8>> {
        let (salt, rest) = body.split_at_checked(16).context("no salt")?;
        let (sizes, rest) = rest.split_at_checked(5).context("no sizes")?;
        let (key_id, record) = rest.split_at_checked(sizes[4].into()).context("no key")?;
        let sender = PublicKey::from_sec1_bytes(key_id)?;
        let shared = p256::ecdh::diffie_hellman(self.key.to_nonzero_scalar(), sender.as_affine());
        let receiver = self.key.public_key().to_encoded_point(false);
        let info = [b"WebPush: info\0", receiver.as_bytes(), key_id].concat();
        let ikm: [u8; 32] = derived(&self.auth, shared.raw_secret_bytes(), &info)?;
        let key: [u8; 16] = derived(salt, &ikm, b"Content-Encoding: aes128gcm\0")?;
        let nonce: [u8; 12] = derived(salt, &ikm, b"Content-Encoding: nonce\0")?;
        let mut plain = Aes128Gcm::new(&key.into())
            .decrypt(&nonce.into(), Payload::from(record))
            .map_err(|_| anyhow::anyhow!("this was encrypted for somebody else"))?;
        while plain.pop_if(|last| *last == 0).is_some() {}
        ensure!(plain.pop() == Some(2), "this is not the last record");
        Ok(plain)
    }
}

fn derived<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> anyhow::Result<[u8; N]> {
    let mut key = [0; N];
    let hkdf = Hkdf::<Sha256>::new(Some(salt), secret);
    hkdf.expand(info, &mut key).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(key)
}
