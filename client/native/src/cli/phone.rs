//! `phone`: stands in for a mediator who has only a telephone.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use dragoman_client::net::{Link, RelayAddress};
use dragoman_client::phone::{PhoneEvent, PhoneMediator, Pin, Trunk, TrunkOptions};
use dragoman_client::roles::SignIn;
use dragoman_client::{ClientError, Result};

use super::common::{TrustOptions, print_json, told_to_end};

#[derive(Debug, Args)]
pub(crate) struct Phone {
    /// The relay's address, with --login; else a mediator's sign-in link (the demonstration's).
    relay: String,
    /// The mediator's login name; the password is taken from DRAGOMAN_PASSWORD.
    #[arg(long, value_name = "NAME", requires = "login_password")]
    login: Option<String>,
    /// The password of the login.
    #[arg(long, env = "DRAGOMAN_PASSWORD", hide = true, hide_env_values = true)]
    login_password: Option<String>,
    /// The phone to ring, as the trunk wants it: sip:NUMBER@HOST.
    #[arg(long, value_name = "SIP-URI")]
    number: String,
    /// The SIP trunk (UDP), on a private line: what is said goes there unencrypted.
    #[arg(long, value_name = "HOST:PORT")]
    trunk: String,
    /// File with the PIN that whoever picks up enters: 4 to 12 digits. Else it is taken from DRAGOMAN_PHONE_PIN.
    #[arg(long, value_name = "FILE")]
    pin_file: Option<PathBuf>,
    /// The PIN itself; only from the environment, for a command line is seen by everybody on the machine.
    #[arg(long, env = "DRAGOMAN_PHONE_PIN", hide = true, hide_env_values = true)]
    pin: Option<String>,
    /// User at the trunk, if it asks for one.
    #[arg(long, value_name = "NAME", requires = "password")]
    user: Option<String>,
    /// The user's password; only from the environment (DRAGOMAN_SIP_PASSWORD).
    #[arg(long, env = "DRAGOMAN_SIP_PASSWORD", hide = true, hide_env_values = true)]
    password: Option<String>,
    /// Who is shown as ringing, if the trunk wants another than USER@TRUNK.
    #[arg(long, value_name = "SIP-URI")]
    caller: Option<String>,
    /// Own address and port for SIP; usually the address that leads to the trunk, and any port.
    #[arg(long, value_name = "IP:PORT")]
    local: Option<SocketAddr>,
    /// Own port for the sound, where a firewall wants to know it; 0: any.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    rtp_port: u16,
    /// Let ring at most so many seconds; the relay's own limit is usually shorter.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    ring_for: u64,
    #[command(flatten)]
    trust: TrustOptions,
    /// Print every event as a line of JSON.
    #[arg(long)]
    json: bool,
}

impl Phone {
    pub(crate) async fn run(self) -> Result<()> {
        let pin = match (&self.pin_file, &self.pin) {
            (Some(file), _) => Pin::read(file)?,
            (None, Some(pin)) => Pin::new(pin)?,
            (None, None) => {
                return Err(ClientError::Phone(
                    "give a PIN with --pin-file, or in DRAGOMAN_PHONE_PIN".to_owned(),
                ));
            }
        };
        let (relay, account): (RelayAddress, _) = match self.login.zip(self.login_password) {
            Some((login, password)) => (self.relay.parse()?, SignIn::Password { login, password }),
            None => {
                let link: Link = self.relay.parse()?;
                (link.relay.clone(), SignIn::Link(link))
            }
        };
        let options = TrunkOptions {
            number: self.number,
            trunk: self.trunk,
            caller: self.caller,
            login: self.user.zip(self.password),
            local: self.local,
            rtp_port: self.rtp_port,
            ring_for: Duration::from_secs(self.ring_for),
        };
        let trunk = Trunk::open(options).await?;
        tracing::info!(local = %trunk.local(), "SIP");
        let bridge = PhoneMediator { api: self.trust.api(&relay)?, account, trunk, pin };
        let json = self.json;
        let ended = tokio::select! {
            ended = bridge.run(move |event| tell(&event, json)) => ended,
            () = told_to_end() => Ok(()),
        };
        // Whoever is on the line is told that it is over: BYE, or CANCEL, and its confirmation.
        tokio::time::sleep(Duration::from_millis(500)).await;
        ended
    }
}

fn tell(event: &PhoneEvent, json: bool) {
    if json {
        if let Err(error) = print_json(event) {
            tracing::warn!(%error, "an event could not be printed");
        }
        return;
    }
    match event {
        PhoneEvent::Ready => tracing::info!("ready"),
        PhoneEvent::Rings { session } => tracing::info!(session = %session.loggable(), "the phone rings"),
        PhoneEvent::PickedUp { session } => tracing::info!(session = %session.loggable(), "picked up"),
        PhoneEvent::Admitted { session } => {
            tracing::info!(session = %session.loggable(), "the PIN was right")
        }
        PhoneEvent::Declined { session, reason, status } => {
            tracing::info!(session = %session.loggable(), reason, status, "declined");
        }
        PhoneEvent::Withdrawn { session } => {
            tracing::info!(session = %session.loggable(), "the offer was taken back")
        }
        PhoneEvent::Ended { .. } => tracing::info!("the phone's part is over"),
        PhoneEvent::Failed { reason } => tracing::warn!(%reason, "the session could not be joined"),
    }
}
