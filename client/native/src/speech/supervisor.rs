//! The worker's process: started, fed, and started anew when it dies.

use std::io::{BufReader, BufWriter};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use dragoman_speech::TranscriberOptions;

use super::engine::{EngineOptions, EnginePace, Item, Shared};
use super::protocol::{Asked, Told, ToldPace, read_line, write_asked};
use crate::error::{ClientError, Result};

/// A worker that died is started again after this time, twice it, and so on.
const START_AGAIN: Duration = Duration::from_millis(500);
const START_AGAIN_AT_MOST: Duration = Duration::from_secs(30);
/// A worker that lived so long did not die of being started.
const LIVED: Duration = Duration::from_secs(60);

/// A worker's process and the two ends of its pipes.
pub(super) struct RunningWorker {
    process: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
    started: Instant,
}

impl RunningWorker {
    /// Waits for its first word.
    pub(super) fn start(options: &EngineOptions) -> Result<Self> {
        let mut command = Command::new(&options.program);
        command.arg("speech-worker").arg("--model").arg(&options.model);
        let threads = options.threads.unwrap_or(TranscriberOptions::default().threads).to_string();
        // whisper.cpp takes four for the times of words, whatever it was told.
        command.env("OMP_THREAD_LIMIT", &threads).arg("--threads").arg(&threads);
        if options.gist {
            command.arg("--gist");
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| {
            ClientError::SpeechWorker(format!("{} can not be started: {error}", options.program.display()))
        })?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(ClientError::SpeechWorker("the worker has no pipes".to_owned()));
        };
        let mut worker = Self {
            process,
            input: BufWriter::new(input),
            output: BufReader::new(output),
            started: Instant::now(),
        };
        match read_line(&mut worker.output) {
            Ok(Some(Told::Ready)) => Ok(worker),
            Ok(Some(Told::Failed { message })) => Err(ClientError::SpeechWorker(message)),
            _ => Err(ClientError::SpeechWorker(format!(
                "the worker ended before the model was loaded. Does {} hold a whisper.cpp model, and is there memory enough for it?",
                options.model.display()
            ))),
        }
    }
}

impl RunningWorker {
    /// Of its process.
    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for RunningWorker {
    fn drop(&mut self) {
        // It has nothing to say to anybody any more.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Feeds worker after worker until the engine is dropped.
pub(super) fn supervise(shared: &Shared, options: &EngineOptions, first: RunningWorker) {
    let mut worker = first;
    let mut pause = START_AGAIN;
    while feed(shared, &mut worker) {
        let lived = worker.started.elapsed();
        drop(worker);
        tracing::error!(lived_s = lived.as_secs(), "the speech worker died and is started again");
        shared.worker.store(0, Ordering::Relaxed);
        shared.tell_of_death();
        if lived >= LIVED {
            pause = START_AGAIN;
        }
        worker = loop {
            std::thread::sleep(pause);
            pause = (pause * 2).min(START_AGAIN_AT_MOST);
            match RunningWorker::start(options) {
                Ok(worker) => break worker,
                Err(error) => tracing::error!(%error, "the speech worker can not be started"),
            }
            if shared.queue.is_closed() {
                return;
            }
        };
        shared.worker.store(worker.id(), Ordering::Relaxed);
        shared.pace.send_replace(EnginePace::Running(ToldPace::Live));
    }
}

/// Feeds one worker; `false` when the engine was dropped, `true` when the worker died.
fn feed(shared: &Shared, worker: &mut RunningWorker) -> bool {
    let RunningWorker { input, output, process, .. } = worker;
    for (speaker, terms) in shared.expected() {
        // If it is dead already, the next sound tells.
        let _ = write_asked(input, &Asked::Expect { speaker, terms }, &[]);
    }
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while let Ok(Some(told)) = read_line(output) {
                shared.tell(told);
            }
        });
        let died = loop {
            let Some(item) = shared.queue.pop() else { break false };
            let sent = match &item {
                Item::Forget(speaker) => write_asked(input, &Asked::Forget { speaker: *speaker }, &[]),
                Item::Expect(speaker, terms) => {
                    let asked = Asked::Expect { speaker: *speaker, terms: terms.clone() };
                    write_asked(input, &asked, &[])
                }
                Item::Sound(sound) => {
                    shared.note_heard(sound);
                    let asked = Asked::Sound {
                        speaker: sound.speaker,
                        language: sound.language.code().to_owned(),
                        at_ms: sound.at_ms,
                        samples: sound.samples.len(),
                    };
                    write_asked(input, &asked, &sound.samples)
                }
            };
            if sent.is_err() {
                break true;
            }
        };
        // Ends the reader above.
        let _ = process.kill();
        died
    })
}
