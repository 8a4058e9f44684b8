//! The record of a session: one file that a court can check without this relay.
//!
//! A ZIP archive of plain files: `events.jsonl` (the log, byte for byte as it was hashed), `hashes.txt` (the chain after
//! each entry), `transcript.json` and `transcript.txt` (both follow from the log), `revisions.jsonl` and
//! `revision-hashes.txt` (what was done to the transcript after the session: a chain that begins at the end of the
//! log's), `document.json` (the transcript as it stands, with the certificate of interpretation; follows from both logs),
//! `manifest.json` and its Ed25519 signature `manifest.sig` (RFC 8032; hexadecimal).

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Cursor, Read, Seek, Write};
use std::path::Path;

use anyhow::{Context, ensure};
use dragoman_core::evidence::{Chain, Hash, VerifiedLog};
use dragoman_core::ids::SessionId;
use dragoman_core::language::{LanguagePair, LanguageTag};
use dragoman_core::review::TranscriptDocument;
use dragoman_core::session_types::{Phase, Role};
use dragoman_core::time::UnixMillis;
use dragoman_core::transcript::{GapReason, TranscriptEntry};
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::files::write_private;
use crate::review::Transcript;
use crate::store::EntryRow;

const FORMAT: &str = "dragoman-record-2";
/// Of before transcripts could be revised: without the parts of the review.
const FORMAT_WITHOUT_REVIEW: &str = "dragoman-record-1";
/// Largest part that is read from a file of unknown origin; a day of speech is a few megabytes.
const MAX_PART_BYTES: u64 = 256 * 1024 * 1024;

/// Signs records with the relay's own key.
pub struct Signer {
    key: SigningKey,
}

/// What a record says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this layout.
    pub format: String,
    /// Which session.
    pub session: SessionId,
    /// Sealed, or abandoned.
    pub phase: Phase,
    /// What was interpreted.
    pub languages: LanguagePair,
    /// Who took part: the log names no person, only these.
    pub participants: Vec<ManifestParticipant>,
    /// Entries of the log.
    pub entries: u64,
    /// The chain after the last entry, hexadecimal.
    pub chain: String,
    /// SHA-256 of `transcript.txt`, hexadecimal.
    pub transcript: String,
    /// What was done to the transcript until now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<ManifestReview>,
    /// When it was requested, and when it ended.
    pub from: UnixMillis,
    /// See `from`.
    pub to: UnixMillis,
    /// The relay's public key, hexadecimal.
    pub relay_key: String,
}

/// The review's log in the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestReview {
    /// Entries of it.
    pub entries: u64,
    /// Its chain after the last one, hexadecimal.
    pub chain: String,
}

impl ManifestReview {
    fn of(chain: Chain) -> Self {
        Self { entries: chain.length, chain: hex::encode(chain.head) }
    }
}

/// A participant in the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestParticipant {
    /// As in the log.
    pub id: dragoman_core::ids::ParticipantId,
    /// As what.
    pub role: Role,
    /// In which language.
    pub language: LanguageTag,
    /// The mediator's.
    pub alias: Option<String>,
}

/// A record that was found whole.
#[derive(Debug)]
pub struct Verified {
    /// What it says about itself, which was checked.
    pub manifest: Manifest,
    /// Lines of its transcript.
    pub lines: usize,
}

impl Signer {
    /// Reads `record-key.pem` of the data folder; makes it at the first start.
    ///
    /// # Errors
    /// If the file can not be read or written.
    pub fn open(data: &Path) -> anyhow::Result<Self> {
        let file = data.join("record-key.pem");
        if file.exists() {
            let pem =
                std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let key = SigningKey::from_pkcs8_pem(&pem)
                .map_err(|error| anyhow::anyhow!("{} is not an Ed25519 key: {error}", file.display()))?;
            return Ok(Self { key });
        }
        let key = SigningKey::from_bytes(&rand::random());
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| anyhow::anyhow!("{error}"))?;
        write_private(&file, pem.as_bytes())?;
        Ok(Self { key })
    }

    /// The public key, hexadecimal: publish it, so that records can be told from forgeries.
    pub fn public_key(&self) -> String {
        hex::encode(self.key.verifying_key().as_bytes())
    }
}

/// Makes the record of a session that is over.
///
/// # Errors
/// If the stored log is damaged, which the message says; or if the file can not be made.
pub fn seal(
    session: SessionId,
    entries: &[EntryRow],
    revisions: &[EntryRow],
    signer: &Signer,
) -> anyhow::Result<Vec<u8>> {
    let text = |line: fn(&EntryRow) -> String, rows: &[EntryRow]| -> Vec<u8> {
        rows.iter().map(|row| line(row) + "\n").collect::<String>().into_bytes()
    };
    let lines = |rows| text(|row| row.line.clone(), rows);
    let hashes = |rows| text(|row| hex::encode(row.hash), rows);
    let Transcript { log, review } =
        Transcript::verified(session, entries, revisions).context("no record is made of it")?;
    let transcript = transcript_text(&log);
    let review_end = ManifestReview::of(review.chain);
    let manifest = manifest_of(&log, &transcript, Some(review_end), signer.public_key());
    let manifest = serde_json::to_vec_pretty(&manifest)?;
    let signature = hex::encode(signer.key.sign(&manifest).to_bytes());
    let parts: [(&str, Vec<u8>); 9] = [
        ("manifest.json", manifest),
        ("manifest.sig", signature.into_bytes()),
        ("events.jsonl", lines(entries)),
        ("hashes.txt", hashes(entries)),
        ("transcript.json", serde_json::to_vec_pretty(&written_by_machine(&log))?),
        ("transcript.txt", transcript.into_bytes()),
        ("revisions.jsonl", lines(revisions)),
        ("revision-hashes.txt", hashes(revisions)),
        ("document.json", serde_json::to_vec_pretty(&TranscriptDocument::of(&log, &review))?),
    ];
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        archive.start_file(name, SimpleFileOptions::default())?;
        archive.write_all(&content)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Checks a record without any relay: every entry, the transcript, the signature; `key` if the relay's is known.
///
/// # Errors
/// The message names what is damaged: the first entry, or the part.
pub fn verify_file(path: &Path, key: Option<&str>) -> anyhow::Result<Verified> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut archive = ZipArchive::new(file).context("this is not a record: not a readable ZIP archive")?;
    let manifest_bytes = part(&mut archive, "manifest.json")?;
    let manifest: Manifest =
        serde_json::from_slice(&manifest_bytes).context("manifest.json can not be read")?;
    let is_reviewed = manifest.review.is_some();
    ensure!(
        manifest.format == if is_reviewed { FORMAT } else { FORMAT_WITHOUT_REVIEW },
        "the record has format '{}'; this program knows {FORMAT_WITHOUT_REVIEW} and {FORMAT}",
        manifest.format
    );

    let entries = log_part(&mut archive, manifest.session, "events.jsonl", "hashes.txt")?;
    let revisions = match is_reviewed {
        true => log_part(&mut archive, manifest.session, "revisions.jsonl", "revision-hashes.txt")?,
        false => Vec::new(),
    };
    let Transcript { log, review } = Transcript::verified(manifest.session, &entries, &revisions)?;
    let transcript = text_part(&mut archive, "transcript.txt")?;
    ensure!(
        transcript == transcript_text(&log),
        "transcript.txt does not follow from the log: it was changed"
    );
    let machine: Vec<TranscriptEntry> = serde_json::from_slice(&part(&mut archive, "transcript.json")?)
        .context("transcript.json can not be read")?;
    ensure!(
        machine.iter().eq(written_by_machine(&log)),
        "transcript.json does not follow from the log: it was changed"
    );
    let review_end = is_reviewed.then(|| ManifestReview::of(review.chain));
    let expected = manifest_of(&log, &transcript, review_end, manifest.relay_key.clone());
    ensure!(
        manifest == expected,
        "manifest.json does not follow from the log: it was changed, or entries at the end were left out"
    );

    if is_reviewed {
        // As it lies there, and not only what of it this program knows.
        let document: serde_json::Value = serde_json::from_slice(&part(&mut archive, "document.json")?)
            .context("document.json can not be read")?;
        ensure!(
            document == serde_json::to_value(TranscriptDocument::of(&log, &review))?,
            "document.json does not follow from the logs: it was changed"
        );
    }

    check_signature(&manifest, &manifest_bytes, text_part(&mut archive, "manifest.sig")?.trim())?;
    if let Some(key) = key {
        ensure!(
            key.eq_ignore_ascii_case(&manifest.relay_key),
            "the record was signed by another relay: its key is {}",
            manifest.relay_key
        );
    }
    let lines = machine.iter().filter(|entry| matches!(entry, TranscriptEntry::Line(_))).count();
    Ok(Verified { manifest, lines })
}

/// What was transcribed, without its places in the log.
fn written_by_machine(log: &VerifiedLog) -> Vec<&TranscriptEntry> {
    log.transcript.iter().map(|(_, entry)| entry).collect()
}

/// A log with its hashes, each entry for itself.
fn log_part(
    archive: &mut ZipArchive<impl Read + Seek>,
    session: SessionId,
    lines: &str,
    hashes: &str,
) -> anyhow::Result<Vec<EntryRow>> {
    let (lines, hashes) = (text_part(archive, lines)?, text_part(archive, hashes)?);
    let mut hashes = hashes.lines();
    let mut rows = Vec::new();
    for (line, seq) in lines.lines().zip(1..) {
        let hash = hashes.next().with_context(|| format!("entry {seq} is damaged: it has no hash"))?;
        let hash: Option<Hash> = hex::decode(hash).ok().and_then(|bytes| bytes.try_into().ok());
        let hash = hash.with_context(|| format!("entry {seq} is damaged: its hash can not be read"))?;
        rows.push(EntryRow { session, seq, line: line.to_owned(), hash });
    }
    ensure!(
        hashes.next().is_none(),
        "entry {} is damaged: it is left out, and its hash is not",
        rows.len() + 1
    );
    Ok(rows)
}

fn check_signature(manifest: &Manifest, signed: &[u8], signature: &str) -> anyhow::Result<()> {
    let key: [u8; 32] = hex::decode(&manifest.relay_key)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .context("the relay's key can not be read")?;
    let key = VerifyingKey::from_bytes(&key).context("the relay's key is not an Ed25519 key")?;
    let signature = hex::decode(signature).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
    let signature = signature.context("manifest.sig can not be read")?;
    key.verify_strict(signed, &signature).context("the signature does not fit manifest.json: it was changed")
}

fn manifest_of(
    log: &VerifiedLog,
    transcript: &str,
    review: Option<ManifestReview>,
    relay_key: String,
) -> Manifest {
    let session = &log.session;
    let participants = session.participants.iter().map(|participant| ManifestParticipant {
        id: participant.id,
        role: participant.role,
        language: participant.language.clone(),
        alias: participant.assigned.as_ref().map(|taken| taken.alias.clone()),
    });
    Manifest {
        format: if review.is_some() { FORMAT } else { FORMAT_WITHOUT_REVIEW }.to_owned(),
        session: session.id,
        phase: session.phase(),
        languages: session.request.languages.clone(),
        participants: participants.collect(),
        entries: session.chain.length,
        chain: hex::encode(session.chain.head),
        transcript: hex::encode(Sha256::digest(transcript.as_bytes())),
        review,
        from: log.span.0,
        to: log.span.1,
        relay_key,
    }
}

/// One line of text for each entry of the transcript: time, role, then language, status and words, or why there are none.
fn transcript_text(log: &VerifiedLog) -> String {
    let mut text = String::new();
    for (_, entry) in &log.transcript {
        let (speaker, started_at) = match entry {
            TranscriptEntry::Line(line) => (line.speaker, line.started_at),
            TranscriptEntry::Gap(gap) => (gap.speaker, gap.started_at),
        };
        let role = log
            .session
            .participant(speaker)
            .map_or("participant".to_owned(), |p| format!("{:?}", p.role).to_lowercase());
        let since = (started_at.0 - log.span.0.0).max(0) / 1000;
        let (hours, minutes, seconds) = (since / 3600, since / 60 % 60, since % 60);
        let _ = write!(text, "{hours:02}:{minutes:02}:{seconds:02}  {role} ");
        let _ = match entry {
            TranscriptEntry::Line(line) => {
                let remarks = [(line.doubtful, ", doubtful"), (line.broken_off, ", broken off")];
                let remarks = remarks.into_iter().filter_map(|(holds, remark)| holds.then_some(remark));
                let status = remarks.fold(format!("machine draft, {}", line.model), |all, one| all + one);
                writeln!(text, "({})  [{status}]  {}", line.language, line.text)
            }
            TranscriptEntry::Gap(gap) => {
                let why = match gap.why {
                    GapReason::TooSlow => "the device was too slow",
                    GapReason::ModelFailed => "the speech model failed",
                };
                let seconds = (gap.ended_at.0 - gap.started_at.0) / 1000;
                writeln!(text, " [no text of {seconds} s of speech: {why}]")
            }
        };
    }
    text
}

fn text_part(archive: &mut ZipArchive<impl Read + Seek>, name: &str) -> anyhow::Result<String> {
    String::from_utf8(part(archive, name)?).with_context(|| format!("{name} is not text: it was changed"))
}

fn part(archive: &mut ZipArchive<impl Read + Seek>, name: &str) -> anyhow::Result<Vec<u8>> {
    let file = archive.by_name(name).with_context(|| format!("the record has no readable {name}"))?;
    let mut bytes = Vec::new();
    file.take(MAX_PART_BYTES + 1).read_to_end(&mut bytes).with_context(|| format!("{name} is damaged"))?;
    ensure!(bytes.len() as u64 <= MAX_PART_BYTES, "{name} is larger than any record");
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use dragoman_core::ids::{AccountId, ParticipantId};
    use dragoman_core::relay::{Act, Input, Relay};
    use dragoman_core::session_types::SessionRequest;
    use uuid::Uuid;

    use super::*;

    fn ended_session() -> (SessionId, Vec<EntryRow>) {
        let (id, officer) = (SessionId(Uuid::from_u128(1)), ParticipantId(Uuid::from_u128(2)));
        let languages = LanguagePair { source: "sq".parse().unwrap(), target: "en".parse().unwrap() };
        let request = SessionRequest::between(languages);
        let officer_account = AccountId(Uuid::from_u128(3));
        let inputs = [
            Input::RequestSession { session: id, officer_account, officer, request },
            Input::Act { session: id, by: officer, act: Act::Connect },
            Input::Act { session: id, by: officer, act: Act::End },
        ];
        let mut relay = Relay::default();
        let drafts = inputs.into_iter().flat_map(|input| relay.handle_input(input, UnixMillis(5)).unwrap());
        let entries = drafts.flat_map(|draft| draft.entries).map(|entry| EntryRow {
            session: id,
            seq: entry.seq,
            line: entry.line,
            hash: entry.hash,
        });
        (id, entries.collect())
    }

    /// Rewrites one part of a record.
    fn changed(record: &[u8], name: &str, change: impl Fn(String) -> String) -> Vec<u8> {
        let mut from = ZipArchive::new(Cursor::new(record)).unwrap();
        let mut to = ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..from.len() {
            let mut part = from.by_index(index).unwrap();
            let mut text = String::new();
            part.read_to_string(&mut text).unwrap();
            let part_name = part.name().unwrap().into_owned();
            to.start_file(&part_name, SimpleFileOptions::default()).unwrap();
            let text = if part_name == name { change(text) } else { text };
            to.write_all(text.as_bytes()).unwrap();
        }
        to.finish().unwrap().into_inner()
    }

    #[test]
    fn a_record_verifies_and_every_change_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let signer = Signer::open(dir.path()).unwrap();
        let (id, entries) = ended_session();
        let record = seal(id, &entries, &[], &signer).unwrap();
        let file = dir.path().join("record.zip");
        let verdict = |bytes: &[u8], key: Option<&str>| {
            std::fs::write(&file, bytes).unwrap();
            verify_file(&file, key).map_err(|error| format!("{error:#}"))
        };
        let verified = verdict(&record, Some(&signer.public_key())).unwrap();
        assert_eq!(verified.manifest.entries, entries.len() as u64);
        assert_eq!(verified.manifest.phase, Phase::Abandoned);

        let second = entries[1].line.clone();
        let named = verdict(
            &changed(&record, "events.jsonl", |text| text.replace(&second, &second.replace('5', "6"))),
            None,
        );
        assert!(named.unwrap_err().contains("entry 2 is damaged"));
        let cut =
            |text: String| text.lines().take(entries.len() - 1).map(|line| format!("{line}\n")).collect();
        let shorter = changed(&changed(&record, "events.jsonl", cut), "hashes.txt", cut);
        assert!(verdict(&shorter, None).unwrap_err().contains("left out"));
        let lone = changed(&record, "hashes.txt", cut);
        assert!(verdict(&lone, None).unwrap_err().contains("has no hash"));
        let manifest = changed(&record, "manifest.json", |text| text.replace("\"format\"", " \"format\""));
        assert!(verdict(&manifest, None).unwrap_err().contains("signature"));
        assert!(
            verdict(&changed(&record, "transcript.txt", |t| t + "x"), None)
                .unwrap_err()
                .contains("transcript.txt")
        );
        assert!(verdict(&record, Some(&"00".repeat(32))).unwrap_err().contains("another relay"));
        assert!(verdict(b"PK nonsense", None).unwrap_err().contains("not a record"));
        assert!(verdict(&record[..record.len() / 2], None).is_err());
    }

    #[test]
    fn the_key_is_made_once() {
        let dir = tempfile::tempdir().unwrap();
        let first = Signer::open(dir.path()).unwrap().public_key();
        assert_eq!(first, Signer::open(dir.path()).unwrap().public_key());
    }
}
