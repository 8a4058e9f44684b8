//! What each may see: a session as one participant sees it, and an account's home. Least privilege is decided here.

use std::collections::BTreeMap;

use crate::dispatch::{left_to_ring, rank_as, rank_for};
use crate::ids::{AccountId, MediatorId, ParticipantId};
use crate::language::LanguageTag;
use crate::matching::Wanted;
use crate::relay::{Relay, Roster};
use crate::rest::AccountRole;
use crate::session::Session;
use crate::session_types::{Candidate, ConsentKind, MatchReason, Phase, Role, SessionRequest};
use crate::time::UnixMillis;
use crate::wire::{
    DeskView, LanguageReach, MediatorDesk, MediatorPresence, OfferStatusView, OfferView, ParticipantView,
    Quality, RingingView, SessionSummary, SessionView, WideningChoice,
};

/// What participants say about themselves that is not worth a log entry.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Remark {
    /// The microphone is off.
    pub muted: bool,
    /// How well they hear.
    pub quality: Option<Quality>,
}

/// A session as `reader` may see it; `None` for somebody who is not in it.
pub fn session_view(
    session: &Session,
    roster: &Roster,
    remarks: &BTreeMap<ParticipantId, Remark>,
    reader: ParticipantId,
    now: UnixMillis,
) -> Option<SessionView> {
    let role = session.participant(reader)?.role;
    let sees_label = matches!(role, Role::Officer | Role::Mediator | Role::Observer);
    let searching = matches!(session.phase(), Phase::Ringing | Phase::Unanswered);
    let participants = session.participants.iter().map(|participant| {
        let remark = remarks.get(&participant.id).copied().unwrap_or_default();
        ParticipantView {
            id: participant.id,
            role: participant.role,
            alias: participant.mediator.as_ref().map(|(_, alias)| alias.clone()),
            language: participant.language.clone(),
            connected: participant.connected,
            muted: remark.muted,
            quality: remark.quality,
        }
    });
    Some(SessionView {
        id: session.id,
        you: reader,
        role,
        phase: session.phase(),
        languages: session.request.languages.clone(),
        adjacent_language: session.adjacent_language.clone(),
        label: sees_label.then_some(session.request.label),
        participants: participants.collect(),
        consents: session.consents.values().cloned().collect(),
        transcription_wished: session.request.transcription_wished,
        transcribing: session.transcribing,
        ringing: (role == Role::Officer && searching).then(|| ringing_view(session, roster, now)),
        requested_at: session.requested_at,
        live_since: session.live_since,
    })
}

/// An account's home.
pub fn desk_view(
    relay: &Relay,
    account: AccountId,
    role: AccountRole,
    mediator: Option<MediatorId>,
    now: UnixMillis,
) -> DeskView {
    let keeps_roster = matches!(role, AccountRole::Coordinator | AccountRole::Administrator);
    let mut sessions: Vec<&Session> =
        relay.sessions().filter(|session| keeps_roster || session.officer_account == account).collect();
    sessions.sort_by_key(|session| std::cmp::Reverse((session.requested_at, session.id)));
    DeskView {
        mediator: mediator.and_then(|mediator| mediator_desk(relay, mediator, now)),
        sessions: sessions.into_iter().map(summary).collect(),
        presence: if keeps_roster { presence(relay.roster()) } else { Vec::new() },
        reachable: if role == AccountRole::Officer { reach(relay.roster(), now) } else { Vec::new() },
    }
}

/// Every mediator's judgement for a session, whether they were rung or not; for coordinators.
pub fn candidates(session: &Session, roster: &Roster, now: UnixMillis) -> Vec<Candidate> {
    rank_for(session, roster, now)
}

fn ringing_view(session: &Session, roster: &Roster, now: UnixMillis) -> RingingView {
    let ranked = rank_for(session, roster, now);
    let offers = session.offers.iter().filter_map(|offer| {
        let (mediator, _) = roster.get(offer.mediator)?;
        let judged = session.candidates.iter().find(|candidate| candidate.mediator == offer.mediator);
        Some(OfferStatusView {
            offer: offer.number,
            alias: mediator.alias.clone(),
            qualification: mediator.qualification,
            gender: mediator.gender,
            state: offer.state,
            reasons: judged.map(|candidate| candidate.reasons.clone()).unwrap_or_default(),
            expires_at: offer.expires_at,
        })
    });
    RingingView {
        wave: session.wave,
        offers: offers.collect(),
        left_to_ring: count(left_to_ring(session, &ranked).len()),
        widenings: widenings(session, roster, &ranked, now),
    }
}

/// What could be relaxed, and whom it would reach; what brings most first.
fn widenings(
    session: &Session,
    roster: &Roster,
    ranked: &[Candidate],
    now: UnixMillis,
) -> Vec<WideningChoice> {
    let reached = |wanted: Wanted<'_>| left_to_ring(session, &rank_as(session, roster, wanted, now)).len();
    let choice = |how: &str, would_reach: usize| WideningChoice {
        how: how.to_owned(),
        would_reach: count(would_reach),
    };
    let as_it_is = left_to_ring(session, ranked).len();
    let ringing = session.ringing().count();
    let eligible = ranked.iter().filter(|candidate| candidate.eligible).count();
    let mut choices = vec![choice("ring_again", eligible.saturating_sub(ringing))];
    if !session.adjacent_allowed && !session.request.languages.source.adjacent().is_empty() {
        let wanted = Wanted { request: &session.request, adjacent_allowed: true };
        choices.push(choice("allow_adjacent_language", reached(wanted).saturating_sub(as_it_is)));
    }
    if session.request.gender_wish.is_some() {
        let request = SessionRequest { gender_wish: None, ..session.request.clone() };
        let wanted = Wanted { request: &request, adjacent_allowed: session.adjacent_allowed };
        choices.push(choice("drop_gender_wish", reached(wanted).saturating_sub(as_it_is)));
    }
    choices.sort_by_key(|choice| std::cmp::Reverse(choice.would_reach));
    choices
}

fn mediator_desk(relay: &Relay, id: MediatorId, now: UnixMillis) -> Option<MediatorDesk> {
    let (mediator, standing) = relay.roster().get(id)?;
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
            languages: session.request.languages.clone(),
            label: session.request.label,
            minor: session.request.minor,
            expires_at: offer.expires_at,
        })
    });
    Some(MediatorDesk {
        ready: standing.ready,
        barred: barred.into_iter().filter(|(holds, _)| !holds).map(|(_, reason)| reason).collect(),
        offers: rings.collect(),
        current: relay.session_of(id).map(|session| session.id),
    })
}

fn summary(session: &Session) -> SessionSummary {
    SessionSummary {
        id: session.id,
        phase: session.phase(),
        languages: session.request.languages.clone(),
        requested_at: session.requested_at,
        connected: count(session.participants.iter().filter(|participant| participant.connected).count()),
        mediator_alias: session.mediator().map(|(_, alias, _)| alias.to_owned()),
        transcription_agreed: session.request.transcription_wished
            && session.agreed(ConsentKind::Transcription),
    }
}

fn presence(roster: &Roster) -> Vec<MediatorPresence> {
    let row =
        |(mediator, standing): (&crate::roster::Mediator, crate::matching::Standing)| MediatorPresence {
            mediator: mediator.id,
            ready: standing.ready,
            reachable: standing.reachable,
            in_session: standing.in_session,
        };
    roster.standings().map(row).collect()
}

/// Per language of the roster, who speaks it and who of them could be rung now.
fn reach(roster: &Roster, now: UnixMillis) -> Vec<LanguageReach> {
    let mut counts: BTreeMap<LanguageTag, (u32, u32)> = BTreeMap::new();
    for (mediator, standing) in roster.standings().filter(|(mediator, _)| mediator.active) {
        let could_ring =
            mediator.is_cleared(now) && standing.ready && standing.reachable && !standing.in_session;
        for spoken in &mediator.languages {
            let (ready, on_roster) = counts.entry(spoken.tag.clone()).or_default();
            *on_roster += 1;
            *ready += u32::from(could_ring);
        }
    }
    counts
        .into_iter()
        .map(|(language, (ready, on_roster))| LanguageReach { language, ready, on_roster })
        .collect()
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
