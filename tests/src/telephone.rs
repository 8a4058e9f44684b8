//! A telephone to ring: baresip, a SIP user agent of Debian, driven through its control socket (`ctrl_tcp`).

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use dragoman_client::audio::{SAMPLE_RATE, read_wav, resample_all};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::relay::free_address;

const PATIENCE: Duration = Duration::from_secs(15);

/// A telephone that rings, is picked up by hand, and speaks one recording from then on.
pub struct Telephone {
    /// Where it is rung.
    pub address: SocketAddr,
    folder: TempDir,
    control: BufReader<TcpStream>,
    program: Child,
}

impl Telephone {
    /// Starts one that knows one codec only, by baresip's name of it (`PCMA/8000/1`).
    pub async fn start(codec: &str, voice: &[f32]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (control, address) = (free_address()?, sip_address()?);
        // Its source has to have the rate that the codec has.
        let rate = if codec.starts_with("opus") { SAMPLE_RATE } else { 8_000 };
        write_wav(&folder.path().join("voice.wav"), voice, rate)?;
        configure(folder.path(), address, control, codec, rate)?;
        let program = Command::new("baresip")
            .arg("-f")
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("baresip is not installed: run scripts/setup test")?;
        let control = timeout(PATIENCE, async {
            loop {
                match TcpStream::connect(control).await {
                    Ok(control) => return control,
                    Err(_) => sleep(Duration::from_millis(50)).await,
                }
            }
        });
        let control = BufReader::new(control.await.context("baresip does not start")?);
        Ok(Self { address, folder, control, program })
    }

    /// Waits until it rings.
    pub async fn rings(&mut self) -> Result<()> {
        self.event("CALL_INCOMING").await
    }

    /// Picks up.
    pub async fn pick_up(&mut self) -> Result<()> {
        self.command("accept", "").await?;
        self.event("CALL_ESTABLISHED").await
    }

    /// Presses keys, one after the other.
    pub async fn press(&mut self, keys: &str) -> Result<()> {
        for key in keys.chars() {
            self.command("sndcode", &key.to_string()).await?;
            sleep(Duration::from_millis(60)).await;
        }
        Ok(())
    }

    /// Hangs up, or does not take the call.
    pub async fn hang_up(&mut self) -> Result<()> {
        self.command("hangup", "").await
    }

    /// Holds the call: the other side is asked anew, and hears nothing.
    pub async fn hold(&mut self) -> Result<()> {
        self.command("hold", "").await
    }

    /// Takes it up again.
    pub async fn resume(&mut self) -> Result<()> {
        self.command("resume", "").await
    }

    /// Waits until the call is over, whoever ended it.
    pub async fn is_over(&mut self) -> Result<()> {
        self.event("CALL_CLOSED").await
    }

    /// What it heard in the call that is over, at 48 kHz.
    pub async fn heard(&self) -> Result<Vec<f32>> {
        let reading = async {
            loop {
                // The header says how long it is once the file is closed.
                match self.recording()?.map(|file| read_wav(&file)) {
                    Some(Ok(heard)) if !heard.is_empty() => return Ok(heard),
                    _ => sleep(Duration::from_millis(50)).await,
                }
            }
        };
        timeout(PATIENCE, reading).await.context("it heard nothing")?
    }

    fn recording(&self) -> Result<Option<PathBuf>> {
        let files = fs::read_dir(self.folder.path())?.filter_map(|entry| Some(entry.ok()?.path()));
        Ok(files.filter(|path| path.to_string_lossy().ends_with("-dec.wav")).max())
    }

    async fn command(&mut self, command: &str, parameters: &str) -> Result<()> {
        let text = json!({ "command": command, "params": parameters }).to_string();
        let message = format!("{}:{text},", text.len());
        self.control.get_mut().write_all(message.as_bytes()).await?;
        Ok(())
    }

    async fn event(&mut self, wished: &str) -> Result<()> {
        let waiting = async {
            loop {
                let message = self.message().await?;
                if message["type"] == wished {
                    return Ok(());
                }
            }
        };
        timeout(PATIENCE, waiting).await.with_context(|| format!("the telephone: no {wished}"))?
    }

    /// One netstring.
    async fn message(&mut self) -> Result<Value> {
        let mut length = 0;
        loop {
            match self.control.read_u8().await? {
                digit @ b'0'..=b'9' => length = length * 10 + usize::from(digit - b'0'),
                b':' => break,
                other => bail!("no netstring: {other}"),
            }
        }
        ensure!(length < 100_000, "too long");
        let mut text = vec![0; length + 1];
        self.control.read_exact(&mut text).await?;
        Ok(serde_json::from_slice(&text[..length])?)
    }

    /// Whether the program is still there.
    pub fn runs(&mut self) -> bool {
        matches!(self.program.try_wait(), Ok(None))
    }
}

/// baresip opens SIP over TLS at the next number after SIP's own.
fn sip_address() -> Result<SocketAddr> {
    let mut address = free_address()?;
    loop {
        let next = free_address()?;
        if next.port() == address.port() + 1 {
            return Ok(address);
        }
        address = next;
    }
}

fn configure(folder: &Path, address: SocketAddr, control: SocketAddr, codec: &str, rate: u32) -> Result<()> {
    let here = folder.display();
    let config = format!(
        "poll_method epoll\nnet_interface 127.0.0.1\nsip_listen {address}\nmodule_path /usr/lib/baresip/modules\n\
         audio_source aufile,{here}/voice.wav\naudio_player aubridge,nobody\naudio_alert aubridge,nobody\n\
         ausrc_srate {rate}\nausrc_channels 1\nsnd_path {here}\nrtp_ports 40000-50000\nctrl_tcp_listen {control}\n\
         module g711.so\nmodule opus.so\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\n\
         module_tmp account.so\nmodule_app menu.so\nmodule_app ctrl_tcp.so\n"
    );
    fs::write(folder.join("config"), config)?;
    let account = format!("<sip:phone@{address}>;regint=0;answermode=manual;audio_codecs={codec}\n");
    fs::write(folder.join("accounts"), account)?;
    fs::write(folder.join("contacts"), "")?;
    Ok(())
}

fn write_wav(path: &Path, voice: &[f32], rate: u32) -> Result<()> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: rate,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec)?;
    for sample in resample_all(voice.to_vec(), SAMPLE_RATE, rate)? {
        #[expect(clippy::cast_possible_truncation, reason = "a cast of floats saturates")]
        file.write_sample((sample * 32_767.0) as i16)?;
    }
    Ok(file.finalize()?)
}
