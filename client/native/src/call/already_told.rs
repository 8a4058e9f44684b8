//! Which texts a reader was told already: what a new connection repeats is not told twice.

use std::collections::VecDeque;

use dragoman_core::ids::ParticipantId;
use dragoman_core::time::UnixMillis;
use dragoman_core::transcript::{TranscriptEntry, TranscriptGist};

use super::CallEvent;

/// More than a connection ever repeats.
const REMEMBERED: usize = 200;

/// See the module's page.
#[derive(Default)]
pub(super) struct AlreadyTold {
    entries: VecDeque<EntryKey>,
    gists: VecDeque<(ParticipantId, UnixMillis)>,
}

/// Speaker, begin, end, and whether it is a gap. What was broken off may be written whole from the same begin on.
type EntryKey = (ParticipantId, UnixMillis, UnixMillis, bool);

impl AlreadyTold {
    /// Notes an entry that is told.
    pub(super) fn note(&mut self, entry: &TranscriptEntry) {
        remember(&mut self.entries, key(entry));
    }

    /// Notes a gist that is told.
    pub(super) fn note_gist(&mut self, gist: &TranscriptGist) {
        remember(&mut self.gists, (gist.speaker, gist.started_at));
    }

    /// What of this was not told yet, as events.
    pub(super) fn missed(
        &mut self,
        entries: Vec<TranscriptEntry>,
        gists: Vec<TranscriptGist>,
    ) -> Vec<CallEvent> {
        let mut events = Vec::new();
        for entry in entries {
            if !self.entries.contains(&key(&entry)) {
                self.note(&entry);
                events.push(event_of(entry));
            }
        }
        for gist in gists {
            if !self.gists.contains(&(gist.speaker, gist.started_at)) {
                self.note_gist(&gist);
                events.push(CallEvent::Gist(gist));
            }
        }
        events
    }
}

/// An entry as it is told.
pub(super) fn event_of(entry: TranscriptEntry) -> CallEvent {
    match entry {
        TranscriptEntry::Line(line) => CallEvent::Caption(Box::new(line)),
        TranscriptEntry::Gap(gap) => CallEvent::Gap(gap),
    }
}

fn key(entry: &TranscriptEntry) -> EntryKey {
    match entry {
        TranscriptEntry::Line(line) => (line.speaker, line.started_at, line.ended_at, false),
        TranscriptEntry::Gap(gap) => (gap.speaker, gap.started_at, gap.ended_at, true),
    }
}

fn remember<K>(told: &mut VecDeque<K>, key: K) {
    told.push_back(key);
    if told.len() > REMEMBERED {
        told.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use dragoman_core::transcript::{GapReason, TranscriptGap};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_what_was_missed_is_told() {
        let speaker = ParticipantId(Uuid::from_u128(1));
        let gap = |at| {
            let (started_at, ended_at) = (UnixMillis(at), UnixMillis(at + 1));
            TranscriptEntry::Gap(TranscriptGap { speaker, started_at, ended_at, why: GapReason::TooSlow })
        };
        let gist = |at| TranscriptGist {
            speaker,
            started_at: UnixMillis(at),
            text: "Good morning.".into(),
            model: "test".into(),
        };
        let mut told = AlreadyTold::default();
        told.note(&gap(1));
        told.note_gist(&gist(1));
        let starts = |events: Vec<CallEvent>| -> Vec<i64> {
            events
                .into_iter()
                .map(|event| match event {
                    CallEvent::Gap(gap) => gap.started_at.0,
                    CallEvent::Gist(gist) => 100 + gist.started_at.0,
                    other => panic!("{other:?}"),
                })
                .collect()
        };
        let (entries, gists) = (vec![gap(1), gap(2), gap(3)], vec![gist(1), gist(3)]);
        assert_eq!(starts(told.missed(entries.clone(), gists.clone())), [2, 3, 103]);
        assert!(told.missed(entries, gists).is_empty());
    }
}
