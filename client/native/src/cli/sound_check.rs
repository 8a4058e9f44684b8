//! `sound-check`: hear a tone, speak for three seconds, hear yourself, and read what is wrong with it.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use clap::Args;
use dragoman_client::audio::check::{Verdict, judge, listen, loudness, play, tone};
use dragoman_client::audio::device::{DeviceInfo, Loudspeaker, Microphone, list};
use dragoman_client::{ClientError, Result};

const LENGTH: Duration = Duration::from_secs(3);

#[derive(Debug, Args)]
pub(crate) struct SoundCheck {
    /// The microphone to try, as listed by `devices`.
    #[arg(long, value_name = "NAME")]
    input: Option<String>,
    /// The loudspeaker to try, as listed by `devices`.
    #[arg(long, value_name = "NAME")]
    output: Option<String>,
}

impl SoundCheck {
    pub(crate) async fn run(self) -> Result<()> {
        // Sound and keyboard wait.
        let checking = tokio::task::spawn_blocking(move || self.check_until_good());
        checking.await.map_err(|e| ClientError::Protocol(e.to_string()))?
    }

    fn check_until_good(mut self) -> Result<()> {
        loop {
            let verdict = self.check()?;
            let Some((microphone, device)) = ask_for_another()? else {
                return if verdict == Verdict::Good {
                    Ok(())
                } else {
                    Err(ClientError::Device(verdict.in_words().into()))
                };
            };
            if microphone { self.input = Some(device) } else { self.output = Some(device) }
        }
    }

    fn check(&self) -> Result<Verdict> {
        let mut loudspeaker = Loudspeaker::open(self.output.as_deref())?;
        let mut microphone = Microphone::open(self.input.as_deref())?;
        println!("You should hear two notes now.");
        play(&mut loudspeaker, &tone());
        println!("Say something for three seconds, as you will in the interview.");
        let is_watched = std::io::stdout().is_terminal();
        let spoken = listen(&mut microphone, LENGTH, |level| {
            if is_watched {
                print!("\r[{}]", bar(level));
                let _ = std::io::stdout().flush();
            }
        });
        if is_watched {
            println!();
        }
        let verdict = judge(&spoken);
        println!("{} ({:.0} dB)", verdict.in_words(), 20.0 * loudness(&spoken).max(1e-6).log10());
        println!("This is how you sound.");
        play(&mut loudspeaker, &spoken);
        Ok(verdict)
    }
}

/// -50 to 0 dB in 25 cells.
fn bar(level: f32) -> String {
    const CELLS: usize = 25;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 25")]
    let full = ((20.0 * level.max(1e-6).log10() + 50.0) / 2.0).clamp(0.0, CELLS as f32) as usize;
    format!("{}{}", "#".repeat(full), " ".repeat(CELLS - full))
}

/// Whether it is a microphone, and its name. `None`: it is good so, or nobody is there to be asked.
fn ask_for_another() -> Result<Option<(bool, String)>> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let choices = choices(&list()?);
    println!("If that was good, press Enter. To try another device, type its number:");
    for (number, (microphone, name)) in choices.iter().enumerate() {
        println!("  {} {} {name}", number + 1, if *microphone { "microphone " } else { "loudspeaker" });
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|e| ClientError::Device(format!("the keyboard can not be read: {e}")))?;
    Ok(chosen(&line, &choices))
}

fn choices(devices: &[DeviceInfo]) -> Vec<(bool, String)> {
    let microphones = devices.iter().filter(|device| device.input).map(|device| (true, device.name.clone()));
    let loudspeakers =
        devices.iter().filter(|device| device.output).map(|device| (false, device.name.clone()));
    microphones.chain(loudspeakers).collect()
}

fn chosen(line: &str, choices: &[(bool, String)]) -> Option<(bool, String)> {
    let number: usize = line.trim().parse().ok()?;
    choices.get(number.checked_sub(1)?).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_chosen_by_its_number() {
        let device =
            |name: &str, input, output| DeviceInfo { name: name.into(), input, output, is_default: false };
        let choices = choices(&[device("headset", true, true), device("table", true, false)]);
        assert_eq!(chosen("2\n", &choices), Some((true, "table".into())));
        assert_eq!(chosen("3", &choices), Some((false, "headset".into())));
        for nothing in ["", "\n", "0", "4", "-1", "x", "99999999999999999999"] {
            assert_eq!(chosen(nothing, &choices), None, "{nothing:?}");
        }
    }

    #[test]
    fn a_level_is_shown_as_loud_as_it_is() {
        for (level, cells) in [(0.0, 0), (0.1, 15), (1.0, 25), (7.0, 25)] {
            assert_eq!(bar(level).matches('#').count(), cells);
        }
    }
}
