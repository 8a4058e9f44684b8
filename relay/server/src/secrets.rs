//! Secrets: links, cookies and passwords. Only digests are ever stored.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

/// Shortest password, in characters (NIST SP 800-63B-4 asks for 15 where it stands alone, 8 otherwise; between them
/// lies what people accept when rate limits apply).
pub const MIN_PASSWORD_CHARS: usize = 12;
/// Longest password, in bytes: no reason to let anybody hash a megabyte.
const MAX_PASSWORD_BYTES: usize = 512;
/// Argon2id is heavy on purpose; two at a time keep a small machine answering.
static HASHING: Semaphore = Semaphore::const_new(2);

/// 256 random bits as base64url: the secret of a link or a cookie, and its digest for the store.
pub fn new_secret() -> (String, [u8; 32]) {
    let random: [u8; 32] = rand::random();
    let secret = URL_SAFE_NO_PAD.encode(random);
    let hash = hash_secret(&secret);
    (secret, hash)
}

/// The digest under which a secret is stored. The secret has 256 bits, so no salt or stretching is needed.
pub fn hash_secret(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

/// Whether a password may be chosen; the message says what is wrong.
pub fn check_password_form(password: &str) -> Result<(), String> {
    let chars = password.chars().count();
    if chars < MIN_PASSWORD_CHARS {
        return Err(format!("the password has {chars} characters: choose at least {MIN_PASSWORD_CHARS}"));
    }
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(format!("the password is longer than {MAX_PASSWORD_BYTES} bytes: choose a shorter one"));
    }
    Ok(())
}

/// Argon2id with OWASP's parameters (19 MiB, 2 passes, 1 lane) as a PHC string.
///
/// # Errors
/// If hashing fails.
pub async fn hash_password(password: String) -> anyhow::Result<String> {
    let _turn = HASHING.acquire().await?;
    tokio::task::spawn_blocking(move || {
        argon2id()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|e| anyhow::anyhow!("{e}"))
    })
    .await?
}

/// Whether the password is right. With no stored hash it takes as long, and says no, so that time tells nobody which
/// login names exist.
pub async fn verify_password(password: String, stored: Option<String>) -> bool {
    if password.len() > MAX_PASSWORD_BYTES {
        return false;
    }
    let Ok(_turn) = HASHING.acquire().await else { return false };
    let verified = tokio::task::spawn_blocking(move || match stored {
        Some(stored) => PasswordHash::new(&stored)
            .is_ok_and(|hash| argon2id().verify_password(password.as_bytes(), &hash).is_ok()),
        None => {
            let _ = argon2id().hash_password(password.as_bytes());
            false
        }
    });
    verified.await.unwrap_or(false)
}

fn argon2id() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_and_no_other_opens() {
        let hash = hash_password("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password("correct horse battery".into(), Some(hash.clone())).await);
        assert!(!verify_password("correct horse batterz".into(), Some(hash)).await);
        assert!(!verify_password("anything at all".into(), None).await);
    }

    #[test]
    fn secrets_differ_and_have_the_length_of_256_bits() {
        let (a, hash) = new_secret();
        assert_eq!(a.len(), 43);
        assert_ne!(a, new_secret().0);
        assert_eq!(hash, hash_secret(&a));
    }
}
