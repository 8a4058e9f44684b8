//! What each may see: a session as one participant sees it, and an account's home. Least privilege is decided here.

use std::collections::BTreeMap;

use crate::codes::AgencyCode;
use crate::commands::by_hand;
use crate::ids::{MediatorId, ParticipantId};
use crate::interpreting::interpreting_view;
use crate::language::LanguageTag;
use crate::loan::Actor;
use crate::matching::serves;
use crate::relay::Relay;
use crate::rest::{AccountRole, CandidateRow};
use crate::ringing_view::ringing_view;
use crate::roster::Mediator;
use crate::session::Session;
use crate::session_types::{ConsentKind, MatchReason, Role};
use crate::standing::Availability;
use crate::standings::RosterEntry;
use crate::time::UnixMillis;
use crate::transcript::ScribeState;
use crate::wire::{
    DeskView, LanguageReach, MediatorDesk, MediatorPresence, OfferView, ParticipantView, Quality,
    SessionSummary, SessionView,
};

/// What participants say about themselves that is not worth a log entry.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Remark {
    /// The microphone is off.
    pub muted: bool,
    /// How well they hear.
    pub quality: Option<Quality>,
    /// How a scribe keeps up.
    pub scribe: Option<ScribeState>,
}

/// A session as `reader` may see it; `None` for somebody who is not in it.
pub fn session_view(
    relay: &Relay,
    session: &Session,
    remarks: &BTreeMap<ParticipantId, Remark>,
    reader: ParticipantId,
    now: UnixMillis,
) -> Option<SessionView> {
    let me = session.participant(reader).filter(|me| !me.has_left())?;
    let role = me.role;
    let sees_label = matches!(role, Role::Officer | Role::Mediator | Role::Observer);
    let participants = session.participants.iter().map(|participant| {
        let remark = remarks.get(&participant.id).cloned().unwrap_or_default();
        ParticipantView {
            id: participant.id,
            role: participant.role,
            alias: participant.assigned.as_ref().map(|taken| taken.alias.clone()),
            language: participant.language.clone(),
            connected: participant.connected,
            left: participant.has_left(),
            muted: remark.muted,
            quality: remark.quality,
            scribe: remark.scribe.filter(|_| participant.role == Role::Scribe && participant.connected),
        }
    });
    Some(SessionView {
        id: session.id,
        you: reader,
        role,
        phase: session.phase(),
        languages: session.request.languages.clone(),
        adjacent_language: session.adjacent_language.clone(),
        via: session.via.clone(),
        label: sees_label.then_some(session.request.label),
        participants: participants.collect(),
        consents: session.consents.values().cloned().collect(),
        transcription_wished: session.request.transcription_wished,
        transcribing: session.transcribing,
        interpreting: interpreting_view(session, me, now),
        ringing: (role == Role::Officer && session.is_searching()).then(|| ringing_view(relay, session, now)),
        requested_at: session.requested_at,
        live_since: session.live_since,
    })
}

/// An account's home.
pub fn desk_view(relay: &Relay, actor: &Actor, mediator: Option<MediatorId>, now: UnixMillis) -> DeskView {
    let seen =
        |session: &&Session| actor.sees_session(session.officer_account, session.request.agency.as_ref());
    let mut sessions: Vec<&Session> = relay.sessions().filter(seen).collect();
    sessions.sort_by_key(|session| std::cmp::Reverse((session.requested_at, session.id)));
    DeskView {
        mediator: mediator.and_then(|mediator| mediator_desk(relay, mediator, now)),
        sessions: sessions.into_iter().map(|session| summary(relay, session)).collect(),
        presence: presence(relay, actor, now),
        reachable: if actor.role == AccountRole::Officer { reach(relay, actor, now) } else { Vec::new() },
    }
}

/// The judgement of everybody whom this reader plans with for a session, whether they were rung or not; for coordinators.
/// Each place by itself.
pub fn candidates(relay: &Relay, session: &Session, actor: &Actor, now: UnixMillis) -> Vec<CandidateRow> {
    let dispatcher = relay.dispatcher(now);
    let judged = session.open_places().flat_map(|place| dispatcher.judge_all(session, place));
    let seen = judged.filter(|candidate| counts_on(relay, actor, candidate.mediator));
    seen.map(|candidate| CandidateRow { by_hand: by_hand(session, &candidate), candidate }).collect()
}

fn mediator_desk(relay: &Relay, id: MediatorId, now: UnixMillis) -> Option<MediatorDesk> {
    let RosterEntry { mediator, standing } = relay.roster().get(id)?;
    let barred = [
        (mediator.active, MatchReason::NotActive),
        (mediator.has_undertaking(now), MatchReason::NoUndertaking),
        (mediator.is_vetted(now), MatchReason::NotVetted),
    ];
    let rings = relay.sessions().filter_map(|session| {
        let offer = session.ringing().find(|offer| offer.mediator == id)?;
        Some(OfferView {
            session: session.id,
            offer: offer.number,
            languages: session.languages_of(offer.place)?,
            label: session.request.label,
            minor: session.request.minor,
            expires_at: offer.expires_at,
        })
    });
    Some(MediatorDesk {
        ready: standing.ready,
        availability: standing.availability(now),
        missed_calls: standing.missed > 0,
        barred: barred.into_iter().filter(|(holds, _)| !holds).map(|(_, reason)| reason).collect(),
        offers: rings.collect(),
        current: relay.session_of(id).map(|session| session.id),
    })
}

fn summary(relay: &Relay, session: &Session) -> SessionSummary {
    SessionSummary {
        id: session.id,
        phase: session.phase(),
        languages: session.request.languages.clone(),
        requested_at: session.requested_at,
        connected: count(session.participants.iter().filter(|participant| participant.connected).count()),
        mediator_alias: aliases(session),
        transcription_agreed: session.request.transcription_wished
            && session.agreed(ConsentKind::Transcription),
        no_answer: session.no_answer,
        place_in_line: relay.place_in_line(session),
        coordinator_called: session.coordinator_called && session.is_searching(),
    }
}

fn aliases(session: &Session) -> Option<String> {
    let aliases: Vec<&str> = session.mediators().map(|taken| taken.alias.as_str()).collect();
    (!aliases.is_empty()).then(|| aliases.join(" + "))
}

/// Whether a coordinator or administrator plans with this mediator: one of an agency with those who serve it and those
/// who are lent to it now. Strangers' agencies, and how they stand, are not for them to see.
pub fn counts_on(relay: &Relay, actor: &Actor, mediator: MediatorId) -> bool {
    let Some(entry) = relay.roster().get(mediator) else { return false };
    match actor.limited_to() {
        Some(own) => serves(&entry.mediator, Some(own), relay.loans()),
        None => actor.keeps_for(None),
    }
}

/// Who of the roster could ever be rung for an agency's officers as loans stand now; for officers of none, everybody.
pub fn serving<'a>(
    relay: &'a Relay,
    agency: Option<&'a AgencyCode>,
) -> impl Iterator<Item = &'a RosterEntry> + use<'a> {
    let could_serve = move |mediator: &Mediator| mediator.active && serves(mediator, agency, relay.loans());
    relay.roster().entries().filter(move |entry| could_serve(&entry.mediator))
}

/// How everybody stands whom a coordinator or administrator plans with.
fn presence(relay: &Relay, actor: &Actor, now: UnixMillis) -> Vec<MediatorPresence> {
    let row = |RosterEntry { mediator, standing }: &RosterEntry| MediatorPresence {
        mediator: mediator.id,
        ready: standing.ready,
        reachable: standing.reachable,
        in_session: standing.in_session,
        availability: standing.availability(now),
        minutes_worked: standing.minutes_worked(now),
    };
    let planned_with = |entry: &&RosterEntry| counts_on(relay, actor, entry.mediator.id);
    relay.roster().entries().filter(planned_with).map(row).collect()
}

/// Per language, who of those who serve the officer's agency speaks it, and who of them could be rung now.
fn reach(relay: &Relay, officer: &Actor, now: UnixMillis) -> Vec<LanguageReach> {
    let mut counts: BTreeMap<LanguageTag, (u32, u32)> = BTreeMap::new();
    for RosterEntry { mediator, standing } in serving(relay, officer.agency.as_ref()) {
        let there = standing.availability(now) != Availability::Away && standing.reachable;
        let could_ring = mediator.is_cleared(now) && there && !standing.in_session;
        for spoken in &mediator.languages {
            let (ready, on_roster) = counts.entry(spoken.tag.clone()).or_default();
            *on_roster += 1;
            *ready += u32::from(could_ring);
        }
    }
    let row = |(language, (ready, on_roster))| LanguageReach { language, ready, on_roster };
    counts.into_iter().map(row).collect()
}

pub(crate) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
