//! The certificate of the web app: the operator's, or one made at the first start.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use axum_server::tls_rustls::RustlsConfig;

use crate::config::{Config, Transport};
use crate::files::write_private;
use crate::turn;

/// Certificate and key files to serve with; `None` for plain HTTP.
///
/// # Errors
/// If a certificate can not be made or written.
pub fn files(config: &Config) -> anyhow::Result<Option<(PathBuf, PathBuf)>> {
    match &config.transport {
        Transport::Plain => Ok(None),
        Transport::Given { cert, key } => Ok(Some((cert.clone(), key.clone()))),
        Transport::SelfSigned => self_signed(&config.data, &config.public_url).map(Some),
    }
}

/// Reads the files for serving the web app, and TURN on its port.
///
/// # Errors
/// If they are not a certificate chain and its key.
pub async fn load((cert, key): (PathBuf, PathBuf)) -> anyhow::Result<RustlsConfig> {
    let read = RustlsConfig::from_pem_file(&cert, &key).await.with_context(|| {
        format!(
            "--tls-cert {} and --tls-key {} are not a PEM certificate chain and its key",
            cert.display(),
            key.display()
        )
    })?;
    let mut config = (*read.get_inner()).clone();
    config.alpn_protocols.push(turn::ALPN.to_vec());
    Ok(RustlsConfig::from_config(Arc::new(config)))
}

/// Makes `tls-cert.pem` and `tls-key.pem` in the data folder, unless they are there.
fn self_signed(data: &Path, public_url: &str) -> anyhow::Result<(PathBuf, PathBuf)> {
    let (cert_file, key_file) = (data.join("tls-cert.pem"), data.join("tls-key.pem"));
    if cert_file.exists() && key_file.exists() {
        return Ok((cert_file, key_file));
    }
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    names.extend(host_of(public_url).map(str::to_owned));
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    names.extend(interfaces.iter().map(|i| i.ip()).filter(is_nameable).map(|ip| ip.to_string()));
    names.sort();
    names.dedup();
    let made = rcgen::generate_simple_self_signed(names).context("cannot make a TLS certificate")?;
    std::fs::write(&cert_file, made.cert.pem())
        .with_context(|| format!("cannot write {}", cert_file.display()))?;
    write_private(&key_file, made.signing_key.serialize_pem().as_bytes())?;
    Ok((cert_file, key_file))
}

fn is_nameable(ip: &IpAddr) -> bool {
    !ip.is_loopback() && !matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local())
}

fn host_of(url: &str) -> Option<&str> {
    let host = url.split_once("://")?.1.split('/').next()?;
    Some(match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next()?,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_found_in_urls() {
        assert_eq!(host_of("https://relay.example:8443"), Some("relay.example"));
        assert_eq!(host_of("https://[2001:db8::1]:8443/x"), Some("2001:db8::1"));
        assert_eq!(host_of("https://relay"), Some("relay"));
        assert_eq!(host_of("relay"), None);
    }

    #[test]
    fn the_certificate_is_made_once_and_its_key_is_private() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (cert, key) = self_signed(dir.path(), "https://relay.example:8443").unwrap();
        let first = std::fs::read(&cert).unwrap();
        self_signed(dir.path(), "https://relay.example:8443").unwrap();
        assert_eq!(first, std::fs::read(&cert).unwrap());
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
