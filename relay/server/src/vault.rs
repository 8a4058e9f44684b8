//! The roster's key: seals what the database must not tell, and makes the digests of cases.
//!
//! One 256-bit key lies in a file outside of the database. Three keys are derived from it (HKDF-SHA-256, RFC 5869): for
//! sealing (XChaCha20-Poly1305 with random 192-bit nonces), for digests (HMAC-SHA-256, RFC 2104), and for a check value
//! in the database by which a wrong key is told from the right one. A key that is missing or wrong stops what needs it
//! and nothing else; it is looked for again at each use, so a medium can be mounted while the relay runs.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use dragoman_core::case::KeyedDigest;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::files::create_private;
use crate::store::Store;

/// Name of the key's file in the data folder.
pub const KEY_FILE: &str = "roster.key";
/// First byte of everything that is sealed: how it was sealed.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Why something could not be sealed, opened or digested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key is not there, not readable, or not the right one; the message says what to do.
    #[error("the roster's key can not be used: {0}")]
    Locked(String),
    /// What is stored was changed, or moved here from elsewhere.
    #[error("the sealed {0} can not be opened: the database was changed by other hands")]
    Damaged(&'static str),
}

/// See the module's page.
pub struct Vault {
    file: PathBuf,
    /// What the right key derives.
    check: [u8; 32],
    keys: Mutex<Option<Arc<Keys>>>,
}

struct Keys {
    sealing: Zeroizing<[u8; 32]>,
    digests: Zeroizing<[u8; 64]>,
    check: [u8; 32],
}

impl Vault {
    /// Opens the key in `file`; makes it at the first start. Later a key that can not be used is logged, and what needs
    /// it is refused.
    ///
    /// # Errors
    /// If the store fails; at the first start, if the key can not be made or read.
    pub async fn open(file: &Path, store: &Store) -> anyhow::Result<Self> {
        if let Some(check) = store.key_check().await? {
            let vault = Self { file: file.to_owned(), check, keys: Mutex::default() };
            if let Err(error) = vault.keys() {
                tracing::error!(%error, "private details and case numbers are refused until this is mended");
            }
            return Ok(vault);
        }
        let keys = Keys::made_or_read(file)
            .with_context(|| format!("--roster-key (DRAGOMAN_ROSTER_KEY): {}", file.display()))?;
        store.set_key_check(&keys.check).await?;
        Ok(Self { file: file.to_owned(), check: keys.check, keys: Mutex::new(Some(Arc::new(keys))) })
    }

    /// Whether the key can be used now.
    ///
    /// # Errors
    /// [`VaultError::Locked`].
    pub fn demand_key(&self) -> Result<(), VaultError> {
        self.keys().map(|_| ())
    }

    /// Seals a row of a table. It opens only as this row of this table.
    ///
    /// # Errors
    /// [`VaultError::Locked`].
    pub fn seal(&self, table: &'static str, row: Uuid, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        let keys = self.keys()?;
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let aad = &place_of(table, row);
        let sealed = keys.cipher().encrypt(&XNonce::from(nonce), Payload { msg: plain, aad });
        // Only more than 256 GiB can not be sealed (RFC 8439, section 2.8).
        let sealed = sealed.map_err(|_| VaultError::Damaged(table))?;
        Ok([&[VERSION], nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Vault::seal`] sealed.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn unseal(
        &self,
        table: &'static str,
        row: Uuid,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let keys = self.keys()?;
        let damaged = || VaultError::Damaged(table);
        let (&VERSION, rest) = sealed.split_first().ok_or_else(damaged)? else { return Err(damaged()) };
        let (nonce, msg) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let aad = &place_of(table, row);
        let plain = keys.cipher().decrypt(&XNonce::from(*nonce), Payload { msg, aad });
        plain.map(Zeroizing::new).map_err(|_| damaged())
    }

    /// The digest of a case's number, however it is spaced and in whichever case it is typed.
    ///
    /// # Errors
    /// [`VaultError::Locked`].
    pub fn digest_case(&self, text: &str) -> Result<KeyedDigest, VaultError> {
        Ok(self.keys()?.digest(&[b"case", normalised(text).as_bytes()]))
    }

    /// The digest of a person within a case.
    ///
    /// # Errors
    /// [`VaultError::Locked`].
    pub fn digest_person(&self, case: KeyedDigest, text: &str) -> Result<KeyedDigest, VaultError> {
        Ok(self.keys()?.digest(&[b"person", &case.0, normalised(text).as_bytes()]))
    }

    fn keys(&self) -> Result<Arc<Keys>, VaultError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keys) = &*keys {
            return Ok(keys.clone());
        }
        let read = Keys::read(&self.file)
            .map_err(|error| VaultError::Locked(format!("{}: {error:#}", self.file.display())))?;
        if read.check != self.check {
            let message =
                "is another key than the one this roster was sealed with; put that one back from its backup";
            return Err(VaultError::Locked(format!("{} {message}", self.file.display())));
        }
        Ok(keys.insert(Arc::new(read)).clone())
    }
}

impl Keys {
    fn made_or_read(file: &Path) -> anyhow::Result<Self> {
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(rand::random());
        let text = Zeroizing::new(hex::encode(*key) + "\n");
        match create_private(file, text.as_bytes()) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                Err(error).context("can not be made; is the folder there, and may the relay write into it?")
            }
            // Read back in either case: a file system without permissions shows itself now, not at the next start.
            _ => Self::read(file),
        }
    }

    fn read(file: &Path) -> anyhow::Result<Self> {
        let open = File::open(file);
        let open =
            open.context("can not be read; put it back from its backup, or mount the medium with it")?;
        let about = open.metadata()?;
        anyhow::ensure!(about.is_file(), "is not a file");
        anyhow::ensure!(
            about.permissions().mode() & 0o077 == 0,
            "others than its owner may read it: chmod 600 (on a medium without permissions, mount with umask=077)"
        );
        let mut text = Zeroizing::new(String::new());
        open.take(80).read_to_string(&mut text).context("holds no key: 64 hexadecimal digits")?;
        let mut key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), key.as_mut_slice())
            .ok()
            .context("holds no key: 64 hexadecimal digits")?;
        Self::derived(&key)
    }

    fn derived(key: &[u8; 32]) -> anyhow::Result<Self> {
        let derivation = Hkdf::<Sha256>::new(Some(b"dragoman-roster-1"), key);
        let (mut sealing, mut digests, mut check) =
            (Zeroizing::new([0; 32]), Zeroizing::new([0; 64]), [0; 32]);
        derivation
            .expand(b"seal", sealing.as_mut_slice())
            .and_then(|()| derivation.expand(b"digest", digests.as_mut_slice()))
            .and_then(|()| derivation.expand(b"check", &mut check))
            .map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Self { sealing, digests, check })
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.sealing).into())
    }

    /// Each part with its length before it, so that no two lists of parts look the same.
    fn digest(&self, parts: &[&[u8]]) -> KeyedDigest {
        let mut digest = <Hmac<Sha256> as KeyInit>::new(&(*self.digests).into());
        for part in parts {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        KeyedDigest(digest.finalize().into_bytes().into())
    }
}

fn place_of(table: &str, row: Uuid) -> Vec<u8> {
    [table.as_bytes(), &[0], row.as_bytes()].concat()
}

fn normalised(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const TABLE: &str = "private_details";

    async fn vault(folder: &Path) -> anyhow::Result<Vault> {
        Vault::open(&folder.join(KEY_FILE), &Store::open(folder).await?).await
    }

    #[tokio::test]
    async fn what_is_sealed_opens_only_unchanged_in_its_own_place() {
        let folder = tempfile::tempdir().unwrap();
        let vault = vault(folder.path()).await.unwrap();
        let (row, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let sealed = vault.seal(TABLE, row, b"Ana").unwrap();
        assert_eq!(vault.unseal(TABLE, row, &sealed).unwrap().as_slice(), b"Ana");
        assert_ne!(vault.seal(TABLE, row, b"Ana").unwrap(), sealed);
        assert!(matches!(vault.unseal(TABLE, other, &sealed), Err(VaultError::Damaged(_))));
        assert!(matches!(vault.unseal("other", row, &sealed), Err(VaultError::Damaged(_))));
        for place in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[place] ^= 1;
            assert!(vault.unseal(TABLE, row, &changed).is_err(), "byte {place}");
            assert!(vault.unseal(TABLE, row, &sealed[..place]).is_err(), "{place} bytes");
        }
    }

    #[tokio::test]
    async fn digests_do_not_depend_on_how_a_number_is_typed_and_differ_between_relays() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (vault, other) = (vault(one.path()).await.unwrap(), vault(two.path()).await.unwrap());
        let case = vault.digest_case(" al-2026   17/é ").unwrap();
        assert_eq!(case, vault.digest_case("AL-2026 17/É").unwrap());
        assert_ne!(case, vault.digest_case("AL-2026 18/É").unwrap());
        assert_ne!(case, other.digest_case("AL-2026 17/É").unwrap());
        let person = vault.digest_person(case, "V1").unwrap();
        assert_eq!(person, vault.digest_person(case, "v1 ").unwrap());
        let elsewhere = vault.digest_case("X").unwrap();
        assert_ne!(person, vault.digest_person(elsewhere, "V1").unwrap());
    }

    #[tokio::test]
    async fn a_key_that_is_lost_wrong_or_open_to_others_locks_until_it_is_mended() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(KEY_FILE);
        let digest = vault(folder.path()).await.unwrap().digest_case("1").unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let key = std::fs::read(&file).unwrap();

        std::fs::remove_file(&file).unwrap();
        let locked = vault(folder.path()).await.unwrap();
        let message = || locked.digest_case("1").unwrap_err().to_string();
        assert!(message().contains("backup"), "{}", message());
        assert!(!file.exists(), "a new key can not open what the old one sealed");
        std::fs::write(&file, "no key").unwrap();
        assert!(message().contains("chmod 600"), "{}", message());
        std::fs::set_permissions(&file, PermissionsExt::from_mode(0o600)).unwrap();
        assert!(message().contains("64 hexadecimal digits"), "{}", message());
        std::fs::write(&file, "ab".repeat(32)).unwrap();
        assert!(message().contains("another key"), "{}", message());
        std::fs::write(&file, &key).unwrap();
        assert_eq!(locked.digest_case("1"), Ok(digest));
    }

    #[tokio::test]
    async fn the_first_start_says_which_setting_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).await.unwrap();
        let error = Vault::open(&folder.path().join("stick/roster.key"), &store).await.err().unwrap();
        assert!(format!("{error:#}").contains("--roster-key"), "{error:#}");
    }
}
