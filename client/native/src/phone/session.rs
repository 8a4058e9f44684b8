//! From a ring at the desk to a session: the phone rings, the PIN is entered, the session is taken, the phone takes part.

use std::time::{Duration, Instant};

use dragoman_core::ids::SessionId;
use dragoman_core::interpreting::FloorAct;
use dragoman_core::wire::ParticipantMessage;

use super::dialog::PhoneCall;
use super::keys::{Wish, Wishes};
use super::pin::{Entry, Pin};
use super::tones;
use crate::call::{Call, CallOptions, CallReport};
use crate::error::Result;
use crate::net::ApiClient;

/// The PIN may be wrong so often.
const TRIES: u32 = 3;
/// Each time it has to be there within so long.
const ENTER_WITHIN: Duration = Duration::from_secs(20);

/// Why whoever picked up does not take part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NotAdmitted {
    /// Three times a wrong PIN.
    WrongPin,
    /// No PIN in time.
    NoPin,
    /// They hung up.
    HungUp,
}

/// Asks for the PIN.
pub(super) async fn admit(phone: &mut PhoneCall, pin: &Pin) -> std::result::Result<(), NotAdmitted> {
    phone.line.play(tones::enter());
    for _ in 0..TRIES {
        match tokio::time::timeout(ENTER_WITHIN, entry(phone, pin)).await {
            Err(_) => return Err(NotAdmitted::NoPin),
            Ok(None) => return Err(NotAdmitted::HungUp),
            Ok(Some(true)) => {
                phone.line.play(tones::right());
                return Ok(());
            }
            Ok(Some(false)) => phone.line.play(tones::wrong()),
        }
    }
    // The last tone is still to be heard.
    tokio::time::sleep(Duration::from_millis(700)).await;
    Err(NotAdmitted::WrongPin)
}

/// One entry; `None`: they hung up.
async fn entry(phone: &mut PhoneCall, pin: &Pin) -> Option<bool> {
    let mut entry = Entry::default();
    loop {
        if let Some(right) = entry.press(phone.key().await?, pin) {
            return Some(right);
        }
    }
}

/// Takes part until the phone is hung up, the mediator leaves by the keys, or the session is over.
pub(super) async fn take_part(
    api: ApiClient,
    session: SessionId,
    phone: &mut PhoneCall,
) -> Result<CallReport> {
    let options =
        CallOptions { source: phone.line.source(), sinks: vec![phone.line.sink()], ..CallOptions::default() };
    let call = Call::start(api, session, options).await?;
    let mut wishes = Wishes::default();
    loop {
        let key = tokio::select! {
            key = phone.key() => key,
            _ = call.ended() => break,
        };
        match key.map(|key| wishes.press(key, Instant::now())) {
            None | Some(Some(Wish::Leave)) => break,
            Some(Some(Wish::Pause)) => {
                if call.send(ParticipantMessage::Floor { act: FloorAct::Pause }).await.is_err() {
                    break;
                }
            }
            Some(None) => {}
        }
    }
    call.finish().await
}
