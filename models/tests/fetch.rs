//! Fetching from a real HTTP server that cuts connections, knows no ranges, lies, or sends something else.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use dragoman_speech::{FetchError, KnownLanguages, ModelEntry, ModelSource, Step, fetch, take};
use sha2::{Digest, Sha256};

/// How the server behaves.
#[derive(Clone, Copy, Default)]
struct Behaviour {
    /// Answers ranges with the whole file.
    ignores_ranges: bool,
    /// Closes the connection after so many bytes of body.
    cut_after: Option<usize>,
    /// Answers with this status and nothing else.
    status: Option<u16>,
    /// Says nothing of the length.
    no_length: bool,
    /// Begins the range one byte too late.
    shifts_range: bool,
}

/// Serves `body` until the test ends; the receiver tells the start of the range that each request asked for.
fn serve(body: Vec<u8>, behaviour: Behaviour) -> (String, Receiver<Option<usize>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/ggml-fake.bin", listener.local_addr().unwrap());
    let (asked, asks) = channel();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let start = start_asked_for(&stream);
            // Told before it is answered, so that whoever has the answer also sees the request counted.
            if asked.send(start).is_err() {
                return;
            }
            answer(stream, start, &body, behaviour);
        }
    });
    (url, asks)
}

/// Reads a request to its end and returns where the range that it asks for begins.
fn start_asked_for(stream: &TcpStream) -> Option<usize> {
    let mut start = None;
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap_or_default().to_ascii_lowercase();
        if let Some(range) = line.strip_prefix("range: bytes=") {
            start = range.trim_end_matches('-').parse().ok();
        }
        if line.is_empty() {
            break;
        }
    }
    start
}

fn answer(mut stream: TcpStream, start: Option<usize>, body: &[u8], behaviour: Behaviour) {
    if let Some(status) = behaviour.status {
        let _ = write!(stream, "HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        return;
    }
    let from = start.filter(|_| !behaviour.ignores_ranges);
    let rest = &body[from.unwrap_or(0).min(body.len())..];
    let mut head = match from {
        Some(from) => {
            let shown = from + usize::from(behaviour.shifts_range);
            let (last, total) = (body.len() - 1, body.len());
            format!("HTTP/1.1 206 Partial Content\r\ncontent-range: bytes {shown}-{last}/{total}\r\n")
        }
        None => "HTTP/1.1 200 OK\r\n".to_owned(),
    };
    if !behaviour.no_length {
        head.push_str(&format!("content-length: {}\r\n", rest.len()));
    }
    let sent = &rest[..behaviour.cut_after.unwrap_or(rest.len()).min(rest.len())];
    let _ = write!(stream, "{head}connection: close\r\n\r\n");
    let _ = stream.write_all(sent);
}

fn body() -> Vec<u8> {
    (0..300_000_u32).flat_map(|index| (index.wrapping_mul(2_654_435_761) >> 8).to_le_bytes()).collect()
}

fn entry(url: &str, body: &[u8]) -> ModelEntry {
    ModelEntry {
        name: "fake".into(),
        file: "ggml-fake.bin".into(),
        source: ModelSource::Url(url.into()),
        bytes: body.len() as u64,
        sha256: hex::encode(Sha256::digest(body)),
        memory_mb: 1,
        languages: KnownLanguages::Multilingual,
        usable: KnownLanguages::Multilingual,
        takes_terms: true,
        translates: false,
        licence: "MIT".into(),
        notes: "only a test".into(),
        error_rates: Vec::new(),
    }
}

fn quiet(entry: &ModelEntry, folder: &Path) -> Result<std::path::PathBuf, FetchError> {
    fetch(entry, folder, &mut |_| {})
}

fn left_in(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_whole_download_reports_progress_and_leaves_only_the_checked_file() {
    let body = body();
    let (url, asks) = serve(body.clone(), Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("new/folder");
    let entry = entry(&url, &body);
    let mut steps = Vec::new();
    let path = fetch(&entry, &inner, &mut |progress| steps.push(progress)).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), body);
    assert_eq!(left_in(&inner), ["ggml-fake.bin"]);
    let last = |step| steps.iter().rfind(|progress| progress.step == step).map(|progress| progress.done);
    assert_eq!(last(Step::Downloading), Some(entry.bytes));
    assert_eq!(last(Step::Checking), Some(entry.bytes));
    assert!(steps.windows(2).all(|two| two[0].step != two[1].step || two[0].done <= two[1].done));

    // The second time nothing is asked of the server.
    assert_eq!(quiet(&entry, &inner).unwrap(), path);
    assert_eq!(left_in(&inner), ["ggml-fake.bin"]);
    assert_eq!(asks.try_iter().count(), 1);
}

#[test]
fn a_connection_that_is_cut_again_and_again_is_continued() {
    let body = body();
    let (url, asks) = serve(body.clone(), Behaviour { cut_after: Some(500_000), ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    let path = quiet(&entry(&url, &body), folder.path()).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), body);
    assert_eq!(asks.try_iter().collect::<Vec<_>>(), [None, Some(500_000), Some(1_000_000)]);
}

#[test]
fn a_partial_file_of_an_earlier_process_is_continued() {
    let body = body();
    let (url, asks) = serve(body.clone(), Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ggml-fake.bin.part"), &body[..700_001]).unwrap();
    let path = quiet(&entry(&url, &body), folder.path()).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), body);
    assert_eq!(asks.try_iter().collect::<Vec<_>>(), [Some(700_001)]);
}

#[test]
fn a_server_without_ranges_or_length_is_read_from_the_start() {
    let body = body();
    for no_length in [false, true] {
        let behaviour = Behaviour { ignores_ranges: true, no_length, ..Behaviour::default() };
        let (url, _asks) = serve(body.clone(), behaviour);
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ggml-fake.bin.part"), &body[..700_001]).unwrap();
        let path = quiet(&entry(&url, &body), folder.path()).unwrap();
        assert_eq!(std::fs::read(path).unwrap(), body);
    }
}

#[test]
fn a_server_that_answers_another_range_does_no_harm() {
    let body = body();
    let (url, _asks) = serve(body.clone(), Behaviour { shifts_range: true, ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ggml-fake.bin.part"), &body[..700_001]).unwrap();
    let path = quiet(&entry(&url, &body), folder.path()).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), body);
}

#[test]
fn a_wrong_digest_is_refused_and_removed_and_an_old_model_stays() {
    let body = body();
    let mut wrong = body.clone();
    wrong[600_000] ^= 1;
    let (url, _asks) = serve(wrong, Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ggml-fake.bin"), b"an older model").unwrap();
    let error = quiet(&entry(&url, &body), folder.path()).unwrap_err();
    assert!(matches!(error, FetchError::WrongDigest { .. }), "{error}");
    assert_eq!(left_in(folder.path()), ["ggml-fake.bin"]);
    assert_eq!(std::fs::read(folder.path().join("ggml-fake.bin")).unwrap(), b"an older model");
}

#[test]
fn a_damaged_partial_file_is_noticed_and_removed() {
    let body = body();
    let (url, _asks) = serve(body.clone(), Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ggml-fake.bin.part"), vec![7; 400_000]).unwrap();
    let error = quiet(&entry(&url, &body), folder.path()).unwrap_err();
    assert!(matches!(error, FetchError::WrongDigest { .. }), "{error}");
    assert!(quiet(&entry(&url, &body), folder.path()).is_ok(), "the next try begins afresh");
}

#[test]
fn another_size_is_refused_before_and_after_the_body() {
    let body = body();
    for no_length in [false, true] {
        let longer = [body.clone(), vec![0; 300_000]].concat();
        let (url, _asks) = serve(longer, Behaviour { no_length, ..Behaviour::default() });
        let folder = tempfile::tempdir().unwrap();
        let error = quiet(&entry(&url, &body), folder.path()).unwrap_err();
        // Without a length the surplus may not even be read: then the digest decides, and here it is right.
        assert!(matches!(error, FetchError::WrongSize { .. }), "{error}");
        assert!(left_in(folder.path()).is_empty());
    }
}

#[test]
fn a_missing_model_or_server_is_a_clear_error_and_keeps_what_is_there() {
    let body = body();
    let (url, asks) = serve(Vec::new(), Behaviour { status: Some(404), ..Behaviour::default() });
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ggml-fake.bin.part"), &body[..1000]).unwrap();
    let error = quiet(&entry(&url, &body), folder.path()).unwrap_err();
    assert!(matches!(error, FetchError::Status { status: 404, .. }), "{error}");
    assert_eq!(asks.try_iter().count(), 1, "a 404 is not asked again");

    // An address of its own: a port that was only just given back on 127.0.0.1 may be another test's by now.
    let error = quiet(&entry("http://127.77.0.1:9/x", &body), folder.path()).unwrap_err();
    assert!(matches!(error, FetchError::Connection { received: 1000, .. }), "{error}");
    assert_eq!(left_in(folder.path()), ["ggml-fake.bin.part"]);
}

#[test]
fn a_folder_that_cannot_be_written_is_a_clear_error() {
    let body = body();
    let (url, _asks) = serve(body.clone(), Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    for impossible in [file.as_path(), Path::new("/proc/dragoman")] {
        let error = quiet(&entry(&url, &body), impossible).unwrap_err();
        assert!(matches!(error, FetchError::Folder { .. }), "{error}");
        assert!(error.to_string().contains("--dir"), "{error}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_a_clear_error() {
    let body = body();
    let (url, _asks) = serve(body.clone(), Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    // Linux's device that is always full.
    std::os::unix::fs::symlink("/dev/full", folder.path().join("ggml-fake.bin.part")).unwrap();
    let error = quiet(&entry(&url, &body), folder.path()).unwrap_err();
    assert!(matches!(error, FetchError::DiskFull { needed, .. } if needed == body.len() as u64), "{error}");
}

#[test]
fn two_processes_do_not_write_the_same_file() {
    let body = body();
    let (url, _asks) = serve(body.clone(), Behaviour::default());
    let folder = tempfile::tempdir().unwrap();
    let other = std::fs::File::create(folder.path().join("ggml-fake.bin.part")).unwrap();
    other.lock().unwrap();
    let error = quiet(&entry(&url, &body), folder.path()).unwrap_err();
    assert!(matches!(error, FetchError::Busy { .. }), "{error}");
    drop(other);
    assert!(quiet(&entry(&url, &body), folder.path()).is_ok());
}

#[test]
fn the_test_model_is_not_fetched_but_in_the_tree() {
    let folder = tempfile::tempdir().unwrap();
    let mut entry = entry("", b"");
    entry.source = ModelSource::Path("ggml-dragoman-test.bin".into());
    let error = quiet(&entry, folder.path()).unwrap_err();
    assert!(matches!(error, FetchError::InTree { .. }), "{error}");
}

#[test]
fn a_copy_from_a_stick_is_taken_only_if_it_is_the_model() {
    let (stick, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let body: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let entry = entry("http://127.0.0.1:9/never-asked", &body);
    let copy = stick.path().join(&entry.file);
    let taken =
        |progress: &mut dyn FnMut(dragoman_speech::Progress)| take(&entry, &copy, folder.path(), progress);
    assert!(matches!(taken(&mut |_| {}), Err(FetchError::Source { .. })));
    std::fs::write(&copy, &body[..100]).unwrap();
    assert!(matches!(taken(&mut |_| {}), Err(FetchError::WrongSize { actual: 100, .. })));
    let mut changed = body.clone();
    changed[1_000] ^= 1;
    std::fs::write(&copy, &changed).unwrap();
    assert!(matches!(taken(&mut |_| {}), Err(FetchError::WrongDigest { .. })));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing of it is kept");
    std::fs::write(&copy, &body).unwrap();
    let mut steps = Vec::new();
    let path = taken(&mut |progress| steps.push(progress.step)).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), body);
    assert!(steps.contains(&Step::Downloading) && steps.contains(&Step::Checking));
}
