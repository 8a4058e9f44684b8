//! The relay's key towards push services, and what it signs with it (RFC 8292).

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dragoman_core::time::UnixMillis;
use reqwest::Url;
use serde_json::json;
use web_push_native::p256::ecdsa::signature::Signer as _;
use web_push_native::p256::ecdsa::{Signature, SigningKey};
use web_push_native::p256::elliptic_curve::rand_core::OsRng;
use web_push_native::p256::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};

use crate::files::write_private;

/// How long a signature is good; RFC 8292, section 2, allows a day.
const GOOD_FOR: Duration = Duration::from_secs(60 * 60);

/// Says to push services which relay is asking. Devices subscribe to this very key.
pub(super) struct VapidKey {
    key: SigningKey,
    public: String,
}

impl VapidKey {
    /// Reads `push-key.pem` of the data folder; makes it at the first start.
    ///
    /// # Errors
    /// If the file can not be read or written.
    pub(super) fn open(data: &Path) -> anyhow::Result<Self> {
        let file = data.join("push-key.pem");
        if file.exists() {
            let pem =
                std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let key = SigningKey::from_pkcs8_pem(&pem)
                .map_err(|error| anyhow::anyhow!("{} is not a P-256 key: {error}", file.display()))?;
            return Ok(Self::from(key));
        }
        let key = SigningKey::random(&mut OsRng);
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| anyhow::anyhow!("{error}"))?;
        write_private(&file, pem.as_bytes())?;
        Ok(Self::from(key))
    }

    /// The public key as browsers take it: an uncompressed point, base64url.
    pub(super) fn public(&self) -> &str {
        &self.public
    }

    /// Value of the `Authorization` header for a push service. `contact` is an https address of this relay.
    pub(super) fn authorization(&self, endpoint: &Url, contact: Option<&str>, now: UnixMillis) -> String {
        let audience = endpoint.origin().ascii_serialization();
        let mut claims = json!({ "aud": audience, "exp": (now + GOOD_FOR).0 / 1_000 });
        if let Some(contact) = contact {
            claims["sub"] = contact.into();
        }
        let encoded = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encoded(json!({ "typ": "JWT", "alg": "ES256" })), encoded(claims));
        let signature: Signature = self.key.sign(signed.as_bytes());
        format!("vapid t={signed}.{}, k={}", URL_SAFE_NO_PAD.encode(signature.to_bytes()), self.public)
    }
}

impl From<SigningKey> for VapidKey {
    fn from(key: SigningKey) -> Self {
        let public = URL_SAFE_NO_PAD.encode(key.verifying_key().to_encoded_point(false).as_bytes());
        Self { key, public }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_made_once_and_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let first = VapidKey::open(dir.path()).unwrap();
        assert_eq!(first.public(), VapidKey::open(dir.path()).unwrap().public());
        assert_eq!(first.public().len(), 87);
        let file = dir.path().join("push-key.pem");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, "nonsense").unwrap();
        assert!(VapidKey::open(dir.path()).err().unwrap().to_string().contains("push-key.pem"));
    }
}
