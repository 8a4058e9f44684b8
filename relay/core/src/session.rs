//! A session's state: nothing but its events, replayed. Deciding is elsewhere; here every event is simply true.

use std::collections::BTreeMap;

use crate::event::Event;
use crate::evidence::Chain;
use crate::exceptions::{Exceptions, Liftable};
use crate::ids::{AccountId, MediatorId, ParticipantId, SessionId};
use crate::interpreting::{Floor, Turns};
use crate::language::{LanguagePair, LanguageTag};
use crate::session_types::{
    Candidate, Consent, ConsentKind, NoAnswer, OfferNumber, OfferState, Phase, Place, Role, SessionRequest,
    Widening,
};
use crate::time::UnixMillis;

/// One session as its log tells it.
#[derive(Clone, PartialEq, Debug)]
pub struct Session {
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub officer_account: AccountId,
    /// What was asked for, as widened since.
    pub request: SessionRequest,
    /// Whether neighbours of the interviewee's language may be rung.
    pub adjacent_allowed: bool,
    /// Set where the mediator speaks such a neighbour.
    pub adjacent_language: Option<LanguageTag>,
    /// Everybody, in the order they joined.
    pub participants: Vec<Participant>,
    /// The language between, where two mediators interpret in a row.
    pub via: Option<LanguageTag>,
    /// What was lifted by hand, and for whom.
    pub overridden: Exceptions,
    /// A coordinator was called to it.
    pub coordinator_called: bool,
    /// Why nobody answered, while nobody does.
    pub no_answer: Option<NoAnswer>,
    /// All rings, by number.
    pub offers: Vec<Offer>,
    /// The current wave, from 1; 0: nobody was rung yet.
    pub wave: u32,
    /// When the current wave began to ring.
    pub wave_began: UnixMillis,
    /// First offer that counts as "rung before"; earlier ones may ring again.
    pub round_began: usize,
    /// Agreements as they stand.
    pub consents: BTreeMap<ConsentKind, Consent>,
    /// Speech is being transcribed.
    pub transcribing: bool,
    /// Mode, channels, aside, breaks and signals.
    pub floor: Floor,
    /// Whose turn it is to interpret.
    pub turns: Turns,
    /// When it was requested.
    pub requested_at: UnixMillis,
    /// When the present search for a mediator began.
    pub search_began: UnixMillis,
    /// When a mediator accepted.
    pub assigned_at: Option<UnixMillis>,
    /// When all first heard all.
    pub live_since: Option<UnixMillis>,
    /// When it ended.
    pub ended_at: Option<UnixMillis>,
    /// Since when nobody is connected.
    pub empty_since: Option<UnixMillis>,
    /// The end of its log.
    pub chain: Chain,
    rankings: BTreeMap<Place, Vec<Candidate>>,
    unanswered: bool,
    stopped: bool,
    abandoned: bool,
}

/// Somebody or something in a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Participant {
    /// Which.
    pub id: ParticipantId,
    /// As what.
    pub role: Role,
    /// What they speak and read.
    pub language: LanguageTag,
    /// A mediator's place.
    pub assigned: Option<Assigned>,
    /// Page or device connected.
    pub connected: bool,
}

/// Who took a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assigned {
    /// Which place.
    pub place: Place,
    /// The roster entry.
    pub mediator: MediatorId,
    /// What the others see.
    pub alias: String,
    /// Number in an official register of interpreters.
    pub register_number: Option<String>,
    /// The neighbour of the interviewee's language that they speak in its place.
    pub adjacent_language: Option<LanguageTag>,
    /// When they took it.
    pub since: UnixMillis,
    /// When they left for good, before the others.
    pub released: Option<UnixMillis>,
}

/// One ring to one mediator.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// Number within the session.
    pub number: OfferNumber,
    /// Who is rung.
    pub mediator: MediatorId,
    /// For which place.
    pub place: Place,
    /// In which wave.
    pub wave: u32,
    /// What became of it.
    pub state: OfferState,
    /// Rings until.
    pub expires_at: UnixMillis,
}

impl Participant {
    /// Whether somebody who comes in `role` takes this one's place: a device that was lost, and came again by a new link.
    pub fn is_replaced_by(&self, role: Role) -> bool {
        self.role == role && !self.connected && matches!(role, Role::Interviewee | Role::Scribe)
    }

    /// Whether this is a mediator who left for good.
    pub fn has_left(&self) -> bool {
        self.assigned.as_ref().is_some_and(|taken| taken.released.is_some())
    }
}

impl Session {
    /// A session from its first event; `None` for any other event.
    pub fn begin(id: SessionId, event: &Event, at: UnixMillis) -> Option<Self> {
        let Event::SessionRequested { officer_account, officer, request } = event else { return None };
        let officer = Participant {
            id: *officer,
            role: Role::Officer,
            language: request.languages.target.clone(),
            assigned: None,
            connected: false,
        };
        Some(Self {
            id,
            officer_account: *officer_account,
            request: request.clone(),
            adjacent_allowed: false,
            adjacent_language: None,
            participants: vec![officer],
            via: None,
            overridden: Exceptions::new(),
            coordinator_called: false,
            no_answer: None,
            offers: Vec::new(),
            wave: 0,
            wave_began: at,
            round_began: 0,
            consents: BTreeMap::new(),
            transcribing: false,
            floor: Floor::default(),
            turns: Turns::default(),
            requested_at: at,
            search_began: at,
            assigned_at: None,
            live_since: None,
            ended_at: None,
            empty_since: Some(at),
            chain: Chain::of(id),
            rankings: BTreeMap::new(),
            unanswered: false,
            stopped: false,
            abandoned: false,
        })
    }

    /// Takes in what happened.
    pub fn apply(&mut self, event: &Event, at: UnixMillis) {
        let before = self.phase();
        self.floor.apply(event, at);
        self.turns.apply(event, at);
        match event {
            // Only ever first, where `begin` takes it.
            Event::SessionRequested { .. } => {}
            Event::CandidatesRanked { candidates, place, .. } => {
                self.rankings.insert(*place, candidates.clone());
            }
            Event::OfferRang { offer, mediator, wave, expires_at, place } => {
                (self.unanswered, self.no_answer) = (false, None);
                if *wave > self.wave {
                    (self.wave, self.wave_began) = (*wave, at);
                }
                let (number, state) = (*offer, OfferState::Ringing);
                self.offers.push(Offer {
                    number,
                    mediator: *mediator,
                    place: *place,
                    wave: *wave,
                    state,
                    expires_at: *expires_at,
                });
            }
            Event::OfferAccepted {
                offer,
                mediator,
                participant,
                alias,
                register_number,
                adjacent_language,
                place,
            } => {
                self.close_offer(*offer, OfferState::Accepted);
                if place.is_first() {
                    self.adjacent_language = adjacent_language.clone();
                }
                let languages = self.languages_of(*place).unwrap_or_else(|| self.request.languages.clone());
                let assigned = Assigned {
                    place: *place,
                    mediator: *mediator,
                    alias: alias.clone(),
                    register_number: register_number.clone(),
                    adjacent_language: adjacent_language.clone(),
                    since: at,
                    released: None,
                };
                self.participants.push(Participant {
                    id: *participant,
                    role: Role::Mediator,
                    language: languages.source,
                    assigned: Some(assigned),
                    connected: false,
                });
                if self.assigned_at.is_none() && self.is_assigned() {
                    self.assigned_at = Some(at);
                }
            }
            Event::OfferClosed { offer, outcome } => self.close_offer(*offer, *outcome),
            Event::NobodyAnswered { why } => (self.unanswered, self.no_answer) = (true, *why),
            Event::CoordinatorCalled => self.coordinator_called = true,
            // Records of before may name what can not be lifted any more: it is passed over.
            Event::ExceptionMade { mediator, lifted, .. } => {
                let kinds = lifted.iter().filter_map(Liftable::of);
                self.overridden.extend(kinds.map(|kind| (*mediator, kind)));
            }
            Event::RequestWidened { widening } => self.widen(widening),
            Event::ParticipantAdmitted { participant, role, language } => {
                self.participants.retain(|present| !present.is_replaced_by(*role));
                self.participants.push(Participant {
                    id: *participant,
                    role: *role,
                    language: language.clone(),
                    assigned: None,
                    connected: false,
                });
            }
            Event::ParticipantConnected { participant } => self.set_connected(*participant, true, at),
            Event::ParticipantDisconnected { participant } => self.set_connected(*participant, false, at),
            Event::ConsentGiven { consent, .. } => {
                self.consents.insert(consent.kind, consent.clone());
                if consent.kind == ConsentKind::Interpreting {
                    // A "no" in mid-call is a stop.
                    self.stopped = !consent.agreed && (self.stopped || self.live_since.is_some());
                }
            }
            Event::Stopped { .. } => {
                self.stopped = true;
                self.consents.remove(&ConsentKind::Interpreting);
            }
            Event::TranscriptionSwitched { on } => self.transcribing = *on,
            // The circles begin anew for the second mediator.
            Event::ReliefRequested { .. } => {
                (self.wave, self.wave_began, self.search_began) = (0, at, at);
                (self.round_began, self.coordinator_called) = (self.offers.len(), false);
                (self.unanswered, self.no_answer) = (false, None);
            }
            Event::ReliefCalledOff { .. } => (self.unanswered, self.no_answer) = (false, None),
            Event::MediatorReleased { participant } => {
                self.set_connected(*participant, false, at);
                let left = self.participants.iter_mut().find(|present| present.id == *participant);
                if let Some(taken) = left.and_then(|left| left.assigned.as_mut()) {
                    taken.released = Some(at);
                }
            }
            // What these change is the floor's and the turns'.
            Event::ModeChanged { .. }
            | Event::ChannelChosen { .. }
            | Event::OutputChosen { .. }
            | Event::AsideBegun { .. }
            | Event::AsideEnded { .. }
            | Event::SignalGiven { .. }
            | Event::CoughSwitched { .. }
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::ReadySet { .. }
            | Event::HandoverBegun { .. }
            | Event::HandoverCalledOff { .. }
            | Event::HandedOver { .. }
            | Event::TurnTooLong { .. } => {}
            // Lines are in the log; keeping them here as well would grow the state with every sentence.
            Event::LineTranscribed { .. } | Event::TextMissing { .. } | Event::GistWritten { .. } => {}
            Event::SessionEnded { abandoned, .. } => {
                self.ended_at = Some(at);
                self.abandoned = *abandoned;
            }
        }
        match (before, self.phase()) {
            (Phase::Live, Phase::Live) => {}
            (_, Phase::Live) => {
                self.live_since = self.live_since.or(Some(at));
                self.turns.begin(self.places(), at);
            }
            (Phase::Live, _) => self.turns.interrupt(at),
            _ => {}
        }
    }

    /// Where it stands.
    pub fn phase(&self) -> Phase {
        match (self.ended_at, self.is_assigned()) {
            (Some(_), _) if self.abandoned => Phase::Abandoned,
            (Some(_), _) => Phase::Sealed,
            (None, false) if self.unanswered => Phase::Unanswered,
            (None, false) => Phase::Ringing,
            (None, true) if self.stopped => Phase::Stopped,
            (None, true) if !self.agreed(ConsentKind::Interpreting) => Phase::Briefing,
            (None, true) if self.floor.pause.is_some() => Phase::Paused,
            (None, true) => Phase::Live,
        }
    }

    /// Whether somebody stopped it, and nobody agreed to go on since.
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether this was agreed to, and not taken back.
    pub fn agreed(&self, kind: ConsentKind) -> bool {
        self.consents.get(&kind).is_some_and(|consent| consent.agreed)
    }

    /// The participant with this identifier.
    pub fn participant(&self, id: ParticipantId) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.id == id)
    }

    /// The officer.
    pub fn officer(&self) -> Option<&Participant> {
        self.participants.iter().find(|participant| participant.role == Role::Officer)
    }

    /// The places, each with its languages.
    pub fn languages_of(&self, place: Place) -> Option<LanguagePair> {
        let LanguagePair { source, target } = self.request.languages.clone();
        match (&self.via, place.of_turns().0) {
            (None, 0) => Some(LanguagePair { source, target }),
            (Some(via), 0) => Some(LanguagePair { source, target: via.clone() }),
            (Some(via), 1) => Some(LanguagePair { source: via.clone(), target }),
            _ => None,
        }
    }

    /// The places without which nothing is interpreted: one, or two in a row.
    pub fn places(&self) -> impl Iterator<Item = Place> + use<> {
        (0..if self.via.is_some() { 2 } else { 1 }).map(Place)
    }

    /// Places for which somebody is looked for: those that nobody took yet, and those of second mediators.
    pub fn open_places(&self) -> impl Iterator<Item = Place> {
        self.places().filter(|place| !self.is_taken(*place)).chain(self.turns.wanted.iter().copied())
    }

    /// Mediators who are in it.
    pub fn mediators(&self) -> impl Iterator<Item = &Assigned> {
        self.participants.iter().filter(|p| !p.has_left()).filter_map(|p| p.assigned.as_ref())
    }

    /// Whether somebody for a place is still looked for.
    pub fn is_searching(&self) -> bool {
        self.ended_at.is_none() && self.open_places().next().is_some()
    }

    /// The latest ranking for a place, as it was logged.
    pub fn ranking(&self, place: Place) -> &[Candidate] {
        self.rankings.get(&place).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether somebody with this role is connected.
    pub fn is_connected(&self, role: Role) -> bool {
        self.participants.iter().any(|participant| participant.role == role && participant.connected)
    }

    /// Offers that ring now.
    pub fn ringing(&self) -> impl Iterator<Item = &Offer> {
        self.offers.iter().filter(|offer| offer.state == OfferState::Ringing)
    }

    /// What `transcribing` should be, as things stand.
    pub fn may_transcribe(&self) -> bool {
        self.phase() == Phase::Live
            && self.request.transcription_wished
            && self.agreed(ConsentKind::Transcription)
            && self.is_connected(Role::Scribe)
    }

    /// Whether every place has been taken.
    fn is_assigned(&self) -> bool {
        self.places().all(|place| self.is_taken(place))
    }

    fn is_taken(&self, place: Place) -> bool {
        self.participants.iter().filter_map(|p| p.assigned.as_ref()).any(|taken| taken.place == place)
    }

    fn close_offer(&mut self, number: OfferNumber, outcome: OfferState) {
        if let Some(offer) = self.offers.iter_mut().find(|offer| offer.number == number) {
            offer.state = outcome;
        }
    }

    fn widen(&mut self, widening: &Widening) {
        match widening {
            Widening::RingAgain => self.round_began = self.offers.len(),
            Widening::AllowAdjacentLanguage => self.adjacent_allowed = true,
            // The places are others now: the circles begin anew for them.
            Widening::Pivot { via } => {
                (self.via, self.wave, self.round_began) = (Some(via.clone()), 0, self.offers.len());
            }
            Widening::DropGenderWish { .. } => self.request.gender_wish = None,
        }
    }

    fn set_connected(&mut self, id: ParticipantId, connected: bool, at: UnixMillis) {
        if let Some(participant) = self.participants.iter_mut().find(|participant| participant.id == id) {
            participant.connected = connected;
        }
        let anybody = self.participants.iter().any(|participant| participant.connected);
        self.empty_since = if anybody { None } else { self.empty_since.or(Some(at)) };
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use uuid::Uuid;

    use super::*;
    use crate::session_types::ConsentMeans;

    /// A session with these roles in this phase.
    pub(crate) fn session_in(phase: Phase, roles: &[Role], transcribing: bool) -> Session {
        let at = UnixMillis(1);
        let tag = |text: &str| text.parse::<LanguageTag>().unwrap();
        let languages = LanguagePair { source: tag("sq"), target: tag("en") };
        let request = SessionRequest { transcription_wished: true, ..SessionRequest::between(languages) };
        let (officer_account, officer) = (AccountId(Uuid::from_u128(1)), ParticipantId(Uuid::from_u128(100)));
        let first = Event::SessionRequested { officer_account, officer, request };
        let mut session = Session::begin(SessionId(Uuid::from_u128(7)), &first, at).unwrap();
        let before_assignment = matches!(phase, Phase::Ringing | Phase::Unanswered);
        if roles.iter().filter(|role| **role == Role::Mediator).count() == 2 {
            session.apply(&Event::RequestWidened { widening: Widening::Pivot { via: tag("fr") } }, at);
        }
        for (number, role) in (101..).zip(roles.iter().filter(|role| **role != Role::Officer)) {
            let participant = ParticipantId(Uuid::from_u128(number));
            let event = match role {
                Role::Mediator if before_assignment => continue,
                Role::Mediator => Event::OfferAccepted {
                    offer: OfferNumber(1),
                    mediator: MediatorId(Uuid::from_u128(number)),
                    participant,
                    alias: "Blue Heron".into(),
                    register_number: None,
                    adjacent_language: None,
                    place: session.open_places().next().unwrap(),
                },
                role => Event::ParticipantAdmitted { participant, role: *role, language: tag("sq") },
            };
            session.apply(&event, at);
        }
        let (by, means) = (officer, ConsentMeans::NotedByOfficer);
        let consent = Consent { kind: ConsentKind::Interpreting, agreed: true, means, at };
        let agree = Event::ConsentGiven { by, consent };
        let events = match phase {
            Phase::Ringing | Phase::Briefing => vec![],
            Phase::Unanswered => vec![Event::NobodyAnswered { why: None }],
            Phase::Live => vec![agree],
            Phase::Stopped => vec![agree, Event::Stopped { by }],
            Phase::Paused => vec![agree, Event::Paused { by }],
            Phase::Sealed => vec![agree, Event::SessionEnded { by: None, abandoned: false }],
            Phase::Abandoned => vec![Event::SessionEnded { by: None, abandoned: true }],
        };
        events.iter().for_each(|event| session.apply(event, at));
        session.transcribing = transcribing;
        assert_eq!(session.phase(), phase);
        session
    }

    #[test]
    fn a_stop_takes_the_agreement_back_and_a_new_one_goes_on() {
        let mut session = session_in(Phase::Stopped, &[Role::Officer, Role::Mediator], false);
        assert!(!session.agreed(ConsentKind::Interpreting));
        let consent = Consent {
            kind: ConsentKind::Interpreting,
            agreed: true,
            means: ConsentMeans::OwnScreen,
            at: UnixMillis(2),
        };
        let by = session.participants[0].id;
        session.apply(&Event::ConsentGiven { by, consent: consent.clone() }, UnixMillis(2));
        assert_eq!(session.phase(), Phase::Live);
        session
            .apply(&Event::ConsentGiven { by, consent: Consent { agreed: false, ..consent } }, UnixMillis(3));
        assert_eq!(session.phase(), Phase::Stopped, "a 'no' in mid-call is a stop");
    }
}
