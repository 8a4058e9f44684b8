//! Whom the client believes to be the relay: the system's certificates, and one more if given. Never "anybody".

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::error::{ClientError, Result};

/// TLS settings for HTTP and WebSocket.
#[derive(Clone, Debug)]
pub struct Trust(Arc<ClientConfig>);

impl Trust {
    /// The system's certificates, and those in the PEM file `ca`.
    ///
    /// # Errors
    /// [`ClientError::Certificate`] if the file has no certificate in it.
    pub fn new(ca: Option<&Path>) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        let system = rustls_native_certs::load_native_certs();
        let (_, unusable) = roots.add_parsable_certificates(system.certs);
        if unusable > 0 {
            tracing::debug!(unusable, "some of the system's certificates can not be read");
        }
        if let Some(path) = ca {
            let wrong = |reason: String| ClientError::Certificate { path: path.to_owned(), reason };
            let certificates = CertificateDer::pem_file_iter(path).map_err(|e| wrong(e.to_string()))?;
            let mut found = 0;
            for certificate in certificates {
                let certificate = certificate.map_err(|e| wrong(e.to_string()))?;
                roots.add(certificate).map_err(|e| wrong(e.to_string()))?;
                found += 1;
            }
            if found == 0 {
                return Err(wrong("there is no certificate in it".to_owned()));
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        // reqwest and tungstenite ask for the process's provider in places; only the first one can be installed.
        let _ = provider.as_ref().clone().install_default();
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| ClientError::Protocol(e.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(Arc::new(config)))
    }

    pub(crate) fn config(&self) -> &Arc<ClientConfig> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_certificate_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Trust::new(Some(file.path())).unwrap_err().to_string();
        assert!(error.contains("no certificate") && error.contains("--ca"), "{error}");
        assert!(Trust::new(None).is_ok());
    }
}
