//! Fetching a model: resumed where it stopped, checked against its SHA-256, and only then given its name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use ureq::Agent;
use ureq::http::{Response, header};
use ureq::tls::{RootCerts, TlsConfig};

use crate::catalogue::{ModelEntry, ModelSource};
use crate::error::FetchError;

/// How far a fetch has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// Bytes received, or checked.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
}

/// What a fetch is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Receiving bytes.
    Downloading,
    /// Computing the SHA-256.
    Checking,
}

/// Fetches a model into a folder (made if missing) and returns the path of the checked file.
///
/// A file that is already there and right is returned at once. An interrupted fetch leaves `FILE.part` and is
/// continued by the next call. `HTTPS_PROXY` is honoured; certificates are the system's.
///
/// # Errors
/// [`FetchError`] says what to do. Nothing unchecked ever gets the model's name.
pub fn fetch(
    entry: &ModelEntry,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, FetchError> {
    let url = match &entry.source {
        ModelSource::Url(url) => url,
        ModelSource::Path(path) => {
            return Err(FetchError::InTree { name: entry.name.clone(), path: path.clone() });
        }
    };
    fs::create_dir_all(folder).map_err(|error| write_error(folder, error, entry.bytes))?;
    let target = folder.join(&entry.file);
    let mut part = Part::open(folder.join(format!("{}.part", entry.file)), entry.bytes)?;
    // Looked at under the lock: another process may have finished in the meantime.
    if target.is_file() && entry.matches_file(&target).unwrap_or(false) {
        part.remove();
        return Ok(target);
    }
    Download { url, agent: agent_for(url), entry, progress }.run(&mut part)?;
    check_digest(entry, url, &mut part, progress)?;
    part.rename_to(&target)?;
    Ok(target)
}

/// Takes a model from a copy, such as a file on a stick, into a folder (made if missing), and returns the path of the checked
/// file. For machines without a network.
///
/// # Errors
/// [`FetchError`] says what to do. Nothing unchecked ever gets the model's name.
pub fn take(
    entry: &ModelEntry,
    copy: &Path,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, FetchError> {
    let unreadable = |source| FetchError::Source { path: copy.to_path_buf(), source };
    let name = copy.display().to_string();
    let mut from = File::open(copy).map_err(unreadable)?;
    let actual = from.metadata().map_err(unreadable)?.len();
    if actual != entry.bytes {
        return Err(FetchError::WrongSize { url: name, expected: entry.bytes, actual });
    }
    fs::create_dir_all(folder).map_err(|error| write_error(folder, error, entry.bytes))?;
    let mut part = Part::open(folder.join(format!("{}.part", entry.file)), entry.bytes)?;
    part.truncate()?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(error)),
        };
        part.append(&buffer[..count])?;
        progress(Progress { step: Step::Downloading, done: part.length, total: entry.bytes });
    }
    check_digest(entry, &name, &mut part, progress)?;
    let target = folder.join(&entry.file);
    part.rename_to(&target)?;
    Ok(target)
}

/// After so many attempts without a single byte, the fetch gives up.
const MAX_STALLS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(250);

struct Download<'a> {
    url: &'a str,
    agent: Agent,
    entry: &'a ModelEntry,
    progress: &'a mut dyn FnMut(Progress),
}

/// Why an attempt ended before the last byte.
enum Stop {
    /// Another attempt may go on.
    Retry(String),
    /// It makes no sense to go on.
    GiveUp(FetchError),
}

impl Download<'_> {
    fn run(&mut self, part: &mut Part) -> Result<(), FetchError> {
        let mut stalls = 0;
        while part.length < self.entry.bytes {
            let before = part.length;
            match self.attempt(part) {
                Ok(()) => {}
                Err(Stop::GiveUp(error)) => return Err(error),
                Err(Stop::Retry(reason)) => {
                    stalls = if part.length > before { 0 } else { stalls + 1 };
                    if stalls == MAX_STALLS {
                        return Err(FetchError::Connection {
                            url: self.url.to_owned(),
                            reason,
                            received: part.length,
                            total: self.entry.bytes,
                        });
                    }
                    std::thread::sleep(FIRST_PAUSE * 2_u32.pow(stalls));
                }
            }
        }
        Ok(())
    }

    fn attempt(&mut self, part: &mut Part) -> Result<(), Stop> {
        let mut request = self.agent.get(self.url);
        if part.length > 0 {
            request = request.header(header::RANGE, format!("bytes={}-", part.length));
        }
        let response = request.call().map_err(|error| Stop::Retry(error.to_string()))?;
        self.check_head(&response, part)?;
        let mut body = response.into_body().into_reader();
        let mut buffer = vec![0; 1 << 16];
        while part.length < self.entry.bytes {
            let count = match body.read(&mut buffer) {
                Ok(0) => return Err(Stop::Retry("the connection was closed too early".into())),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Stop::Retry(error.to_string())),
            };
            part.append(&buffer[..count]).map_err(Stop::GiveUp)?;
            let done = part.length.min(self.entry.bytes);
            (self.progress)(Progress { step: Step::Downloading, done, total: self.entry.bytes });
        }
        // A server that sends more than it should is not sending this model.
        if part.length > self.entry.bytes { Err(self.wrong_size(part, part.length)) } else { Ok(()) }
    }

    /// Decides from status and headers whether the body is what comes next, and starts over if it is the whole file.
    fn check_head<B>(&self, response: &Response<B>, part: &mut Part) -> Result<(), Stop> {
        let number = |text: Option<&str>| text.and_then(|text| text.trim().parse::<u64>().ok());
        let field = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        match response.status().as_u16() {
            200 => {
                // The whole file, perhaps because the server knows no ranges.
                part.truncate().map_err(Stop::GiveUp)?;
                match number(field(header::CONTENT_LENGTH)) {
                    Some(length) if length != self.entry.bytes => Err(self.wrong_size(part, length)),
                    _ => Ok(()),
                }
            }
            206 => {
                let range = field(header::CONTENT_RANGE).and_then(|range| range.strip_prefix("bytes "));
                let (span, total) = range.and_then(|range| range.split_once('/')).unwrap_or_default();
                match number(Some(total)) {
                    Some(total) if total != self.entry.bytes => return Err(self.wrong_size(part, total)),
                    _ => {}
                }
                if number(span.split('-').next()) == Some(part.length) {
                    return Ok(());
                }
                part.truncate().map_err(Stop::GiveUp)?;
                Err(Stop::Retry("the server sent another range than was asked for".into()))
            }
            416 => {
                part.truncate().map_err(Stop::GiveUp)?;
                Err(Stop::Retry("the server refused to continue (416)".into()))
            }
            status @ (408 | 425 | 429 | 500..) => Err(Stop::Retry(format!("the server answered {status}"))),
            status => Err(Stop::GiveUp(FetchError::Status { url: self.url.to_owned(), status })),
        }
    }

    fn wrong_size(&self, part: &Part, actual: u64) -> Stop {
        part.remove();
        Stop::GiveUp(FetchError::WrongSize { url: self.url.to_owned(), expected: self.entry.bytes, actual })
    }
}

fn agent_for(url: &str) -> Agent {
    let certificates = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    // The proxy is taken from the environment by default.
    Agent::config_builder()
        .http_status_as_error(false)
        .https_only(url.starts_with("https://"))
        .tls_config(certificates)
        .accept_encoding("identity")
        .user_agent(concat!("dragoman/", env!("CARGO_PKG_VERSION")))
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_per_read(Some(Duration::from_secs(60)))
        .build()
        .new_agent()
}

fn check_digest(
    entry: &ModelEntry,
    url: &str,
    part: &mut Part,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), FetchError> {
    let failed = |path: &Path, source| FetchError::Folder { path: path.to_path_buf(), source };
    part.file.seek(SeekFrom::Start(0)).map_err(|error| failed(&part.path, error))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    loop {
        let count = part.file.read(&mut buffer).map_err(|error| failed(&part.path, error))?;
        if count == 0 {
            break;
        }
        digest.update(&buffer[..count]);
        done += count as u64;
        progress(Progress { step: Step::Checking, done, total: entry.bytes });
    }
    let actual = hex::encode(digest.finalize());
    if actual == entry.sha256 {
        return Ok(());
    }
    part.remove();
    Err(FetchError::WrongDigest { url: url.to_owned(), expected: entry.sha256.clone(), actual })
}

/// The file being received, locked against other processes.
struct Part {
    path: PathBuf,
    file: File,
    length: u64,
    /// Bytes that the whole file will have.
    whole: u64,
}

impl Part {
    fn open(path: PathBuf, whole: u64) -> Result<Self, FetchError> {
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(|error| write_error(&path, error, whole))?;
        if file.try_lock().is_err() {
            return Err(FetchError::Busy { path });
        }
        let length = file.seek(SeekFrom::End(0)).map_err(|error| write_error(&path, error, whole))?;
        let mut part = Self { path, file, length, whole };
        if length > whole {
            part.truncate()?;
        }
        Ok(part)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        let missing = self.whole.saturating_sub(self.length);
        self.file.write_all(bytes).map_err(|error| write_error(&self.path, error, missing))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    fn truncate(&mut self) -> Result<(), FetchError> {
        if self.length > 0 {
            let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
            emptied.map_err(|error| write_error(&self.path, error, self.whole))?;
            self.length = 0;
        }
        Ok(())
    }

    /// Best effort: what cannot be removed is overwritten by the next fetch, because its digest is wrong.
    fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }

    fn rename_to(&self, target: &Path) -> Result<(), FetchError> {
        let failed = |error| write_error(target, error, 0);
        self.file.sync_all().map_err(failed)?;
        fs::rename(&self.path, target).map_err(failed)?;
        // So that the new name survives a power cut; not every system lets a folder be opened.
        if let Some(folder) = target.parent().and_then(|folder| File::open(folder).ok()) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

fn write_error(path: &Path, error: io::Error, needed: u64) -> FetchError {
    let path = path.to_path_buf();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FetchError::DiskFull { path, needed },
        _ => FetchError::Folder { path, source: error },
    }
}
