//! `join`: enter a session by a link, and talk.

use clap::Args;
use dragoman_client::Result;
use dragoman_client::call::Call;
use dragoman_client::net::Link;
use dragoman_core::session_types::ConsentKind;

use super::common::{LengthOptions, SoundOptions, TrustOptions, conclude};
use super::screen;

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The invitation, `https://HOST/#/link/SECRET`. It works once.
    link: Link,
    #[command(flatten)]
    trust: TrustOptions,
    #[command(flatten)]
    sound: SoundOptions,
    #[command(flatten)]
    length: LengthOptions,
    /// As the interviewee, agree to these at once, as if on one's own screen.
    #[arg(long, value_delimiter = ',', value_enum, value_name = "WHAT")]
    agree: Vec<Agreement>,
    /// No screen, only log lines, also in a terminal.
    #[arg(long)]
    plain: bool,
    /// Print what was measured as one JSON object at the end.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Agreement {
    Interpreting,
    Transcription,
}

impl Join {
    pub(crate) async fn run(self) -> Result<()> {
        let api = self.trust.api(&self.link.relay)?;
        let mut options = self.sound.call_options()?;
        options.agree = self
            .agree
            .iter()
            .map(|agreement| match agreement {
                Agreement::Interpreting => ConsentKind::Interpreting,
                Agreement::Transcription => ConsentKind::Transcription,
            })
            .collect();
        let mut call = Call::join(api, &self.link, options).await?;
        if self.shows_a_screen() {
            screen::attend(&mut call).await?
        } else {
            self.length.attend(&call).await?
        }
        conclude(call, self.json).await
    }

    /// A person is there who takes part, rather than a program that measures.
    fn shows_a_screen(&self) -> bool {
        !self.plain && !self.json && !self.length.is_limited() && screen::is_possible()
    }
}
