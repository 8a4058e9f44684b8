//! The desk of an account whose mediator has only a phone: rings it for every offer, one at a time.

use std::collections::BTreeSet;
use std::sync::Arc;

use dragoman_core::ids::SessionId;
use dragoman_core::session_types::OfferNumber;
use dragoman_core::wire::{DeskMessage, DeskRelayMessage, DeskView, MediatorDesk};
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::dialog::PhoneCall;
use super::session::{NotAdmitted, admit, take_part};
use super::trunk::NotReached;
use super::{Pin, Trunk};
use crate::call::CallReport;
use crate::error::{ClientError, Result};
use crate::net::{ApiClient, DeskSocket};
use crate::roles::{DESK_PAUSE, SignIn, open_desk};

/// What the phone has to say to the desk; it says three things a call.
const NEWS: usize = 8;

/// What happens, for a log or a person. No number and no PIN is in it.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PhoneEvent {
    /// Signed in, and offers will come.
    Ready,
    /// An offer came; the phone is being rung.
    Rings {
        /// For which session.
        session: SessionId,
    },
    /// Somebody picked up, and is asked for the PIN.
    PickedUp {
        /// For which session.
        session: SessionId,
    },
    /// The PIN was right; the offer is accepted.
    Admitted {
        /// For which session.
        session: SessionId,
    },
    /// The offer is declined, so that the relay rings somebody else.
    Declined {
        /// For which session.
        session: SessionId,
        /// Why, in a word.
        reason: &'static str,
        /// The SIP status, if the phone or the trunk refused.
        status: Option<u16>,
    },
    /// The offer was taken back; the phone rings no more.
    Withdrawn {
        /// For which session.
        session: SessionId,
    },
    /// The phone's part in the session is over.
    Ended {
        /// What was measured.
        report: Box<CallReport>,
    },
    /// The session could not be joined.
    Failed {
        /// Why.
        reason: String,
    },
}

/// See the module's page.
#[derive(Debug)]
pub struct PhoneMediator {
    /// The relay, not signed in.
    pub api: ApiClient,
    /// The mediator's account.
    pub account: SignIn,
    /// The way to the phone.
    pub trunk: Trunk,
    /// What whoever picks up has to know.
    pub pin: Pin,
}

type OnEvent = Arc<dyn Fn(PhoneEvent) + Send + Sync>;
/// An offer is known by these two.
type Offer = (SessionId, OfferNumber);

/// From a phone call to the desk.
enum News {
    Admitted(Offer),
    Declined(Offer),
    Over(Offer),
}

impl PhoneMediator {
    /// Runs until it is dropped, or the relay does not want this account any more. Dropping it hangs up.
    ///
    /// # Errors
    /// [`ClientError::Refused`] if the account is not a mediator's.
    pub async fn run(self, on_event: impl Fn(PhoneEvent) + Send + Sync + 'static) -> Result<()> {
        self.account.sign_in(&self.api).await?;
        let (to_desk, mut news) = mpsc::channel(NEWS);
        let (api, account) = (self.api.clone(), self.account.clone());
        let mut duty = Duty {
            bridge: Arc::new(self),
            on_event: Arc::new(on_event),
            to_desk,
            ring: None,
            declined: BTreeSet::new(),
        };
        loop {
            let mut desk = open_desk(&api, &account).await?;
            duty.attend(&mut desk, &mut news).await?;
            tokio::time::sleep(DESK_PAUSE).await;
        }
    }
}

/// What goes on, also while the desk is lost.
struct Duty {
    bridge: Arc<PhoneMediator>,
    on_event: OnEvent,
    to_desk: mpsc::Sender<News>,
    ring: Option<Ring>,
    declined: BTreeSet<Offer>,
}

/// One call to the phone, from the ring to the end. Dropping it takes the ring back, or hangs up.
struct Ring {
    offer: Offer,
    admitted: bool,
    assigned: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Drop for Ring {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Duty {
    /// One desk socket, until it is lost.
    async fn attend(&mut self, desk: &mut DeskSocket, news: &mut mpsc::Receiver<News>) -> Result<()> {
        // What was said to a desk that was lost is said again.
        let mut due = vec![DeskMessage::SetReady { ready: true }];
        due.extend(self.ring.as_ref().filter(|ring| ring.is_waiting()).map(|ring| accept(ring.offer)));
        (self.on_event)(PhoneEvent::Ready);
        loop {
            for message in due.drain(..) {
                if desk.send(&message).await.is_err() {
                    return Ok(());
                }
            }
            tokio::select! {
                message = desk.next() => match message {
                    None | Some(DeskRelayMessage::Goodbye { reconnect: true, .. }) => return Ok(()),
                    Some(DeskRelayMessage::Goodbye { problem, .. }) => return Err(ClientError::Goodbye(problem)),
                    Some(DeskRelayMessage::Desk { view }) => due.extend(self.see(&view)?),
                    Some(DeskRelayMessage::Assigned { session }) => self.assigned(session),
                    Some(DeskRelayMessage::Refused { problem }) => {
                        tracing::info!(code = %problem.code, "refused");
                        if let Some(ring) = self.ring.take_if(|ring| ring.is_waiting()) {
                            (self.on_event)(PhoneEvent::Withdrawn { session: ring.offer.0 });
                        }
                    }
                },
                Some(news) = news.recv() => due.extend(self.hear(news)),
            }
        }
    }

    /// Holds what goes on against the desk as it is now.
    fn see(&mut self, view: &DeskView) -> Result<Vec<DeskMessage>> {
        let mediator = view.mediator.as_ref().ok_or(ClientError::Link("it does not sign in a mediator"))?;
        if let Some(session) = mediator.current {
            self.assigned(session);
        }
        let offers: BTreeSet<Offer> =
            mediator.offers.iter().map(|offer| (offer.session, offer.offer)).collect();
        let withdrawn = |ring: &mut Ring| !*ring.assigned.borrow() && !offers.contains(&ring.offer);
        if let Some(ring) = self.ring.take_if(withdrawn) {
            (self.on_event)(PhoneEvent::Withdrawn { session: ring.offer.0 });
        }
        self.declined.retain(|offer| offers.contains(offer));
        if self.ring.is_none() && mediator.current.is_none() {
            self.ring = self.next(mediator).map(|offer| self.ring(offer));
        }
        // A desk that was lost did not hear of it.
        Ok(self.declined.iter().map(|offer| decline(*offer)).collect())
    }

    fn next(&self, mediator: &MediatorDesk) -> Option<Offer> {
        let mut offers = mediator.offers.iter().map(|offer| (offer.session, offer.offer));
        offers.find(|offer| !self.declined.contains(offer))
    }

    fn assigned(&mut self, session: SessionId) {
        // A session that was taken by another way than the phone is none of ours.
        if let Some(ring) = self.ring.as_ref().filter(|ring| ring.offer.0 == session && ring.admitted) {
            ring.assigned.send_replace(true);
        }
    }

    fn hear(&mut self, news: News) -> Option<DeskMessage> {
        let (News::Admitted(offer) | News::Declined(offer) | News::Over(offer)) = news;
        let ring = self.ring.as_mut().filter(|ring| ring.offer == offer)?;
        match news {
            News::Admitted(_) => {
                ring.admitted = true;
                Some(accept(offer))
            }
            News::Declined(_) => {
                self.ring = None;
                self.declined.insert(offer);
                Some(decline(offer))
            }
            News::Over(_) => {
                self.ring = None;
                None
            }
        }
    }

    fn ring(&self, offer: Offer) -> Ring {
        (self.on_event)(PhoneEvent::Rings { session: offer.0 });
        let (assigned, is_assigned) = watch::channel(false);
        let (bridge, on_event, to_desk) = (self.bridge.clone(), self.on_event.clone(), self.to_desk.clone());
        let task = tokio::spawn(async move {
            let news = match bridge.answer(offer, &on_event).await {
                Ok(phone) => {
                    (on_event)(PhoneEvent::Admitted { session: offer.0 });
                    // The desk lives as long as this.
                    let _ = to_desk.send(News::Admitted(offer)).await;
                    bridge.talk(offer.0, phone, is_assigned, &on_event).await;
                    News::Over(offer)
                }
                Err((reason, status)) => {
                    (on_event)(PhoneEvent::Declined { session: offer.0, reason, status });
                    News::Declined(offer)
                }
            };
            let _ = to_desk.send(news).await;
        });
        Ring { offer, admitted: false, assigned, task }
    }
}

impl Ring {
    /// For the relay's answer to the acceptance.
    fn is_waiting(&self) -> bool {
        self.admitted && !*self.assigned.borrow()
    }
}

impl PhoneMediator {
    /// Rings until somebody is on the line who knows the PIN, or says why nobody is.
    async fn answer(
        &self,
        offer: Offer,
        on_event: &OnEvent,
    ) -> std::result::Result<PhoneCall, (&'static str, Option<u16>)> {
        let mut phone = self.trunk.ring().await.map_err(|reason| match reason {
            NotReached::Refused(status) => ("refused", Some(status)),
            NotReached::NoAnswer => ("no_answer", None),
            NotReached::Trunk => ("trunk", None),
            NotReached::Sound => ("sound", None),
        })?;
        on_event(PhoneEvent::PickedUp { session: offer.0 });
        match admit(&mut phone, &self.pin).await {
            Ok(()) => Ok(phone),
            Err(NotAdmitted::WrongPin) => Err(("wrong_pin", None)),
            Err(NotAdmitted::NoPin) => Err(("no_pin", None)),
            Err(NotAdmitted::HungUp) => Err(("hung_up", None)),
        }
    }

    async fn talk(
        &self,
        session: SessionId,
        mut phone: PhoneCall,
        mut is_assigned: watch::Receiver<bool>,
        on_event: &OnEvent,
    ) {
        // Dropped with the ring if it is somebody else's.
        if is_assigned.wait_for(|assigned| *assigned).await.is_err() {
            return;
        }
        match take_part(self.api.clone(), session, &mut phone).await {
            Ok(report) => on_event(PhoneEvent::Ended { report: Box::new(report) }),
            Err(error) => on_event(PhoneEvent::Failed { reason: error.to_string() }),
        }
    }
}

fn accept((session, offer): Offer) -> DeskMessage {
    DeskMessage::AcceptOffer { session, offer }
}

fn decline((session, offer): Offer) -> DeskMessage {
    DeskMessage::DeclineOffer { session, offer }
}
