//! From what the speech worker tells to what the relay is sent.

use dragoman_core::language::LanguageTag;
use dragoman_core::time::UnixMillis;
use dragoman_core::transcript::{
    CaptionDraft, GapReason, LineStatus, LineWord, ScribePace, TranscriptGap, TranscriptGist, TranscriptLine,
};
use dragoman_core::wire::ParticipantMessage;

use crate::speech::{EnginePace, Told, ToldLine, ToldPace};

/// The message that tells it; `None` for what is no text.
pub(super) fn message_of(told: Told, model: &str) -> Option<ParticipantMessage> {
    match told {
        Told::Line(line) => Some(ParticipantMessage::AddTranscriptLine { line: line_of(line, model)? }),
        Told::Gap { speaker, start_ms, end_ms, failed } => {
            let why = if failed { GapReason::ModelFailed } else { GapReason::TooSlow };
            let gap = TranscriptGap { speaker, started_at: unix(start_ms)?, ended_at: unix(end_ms)?, why };
            Some(ParticipantMessage::AddTranscriptGap { gap })
        }
        Told::Draft { speaker, language, settled, open, start_ms, end_ms } => {
            let draft = CaptionDraft {
                speaker,
                language: tag(&language)?,
                open: open
                    .chars()
                    .take(TranscriptLine::MAX_CHARS.saturating_sub(settled.chars().count()))
                    .collect(),
                settled: cut(&settled),
                started_at: unix(start_ms)?,
                until: unix(end_ms)?,
                model: model.to_owned(),
            };
            Some(ParticipantMessage::DraftCaption { draft })
        }
        Told::Gist { speaker, start_ms, text } => {
            let (text, model) = (cut(&text), model.to_owned());
            let gist = TranscriptGist { speaker, started_at: unix(start_ms)?, text, model };
            Some(ParticipantMessage::AddGist { gist })
        }
        Told::Ready
        | Told::Failed { .. }
        | Told::Pace { .. }
        | Told::Began { .. }
        | Told::Nothing { .. }
        | Told::SoundsLike { .. } => None,
    }
}

/// What takes a draft off the screen, where nothing was said after all.
pub(super) fn nothing_more(draft: CaptionDraft) -> ParticipantMessage {
    ParticipantMessage::DraftCaption {
        draft: CaptionDraft { settled: String::new(), open: String::new(), ..draft },
    }
}

/// How the worker keeps up, as readers are told.
pub(super) fn pace_of(pace: EnginePace) -> ScribePace {
    match pace {
        EnginePace::Running(ToldPace::Live) => ScribePace::Live,
        EnginePace::Running(ToldPace::Slower) => ScribePace::Slower,
        EnginePace::Running(ToldPace::FinalsOnly) => ScribePace::FinalsOnly,
        EnginePace::Running(ToldPace::Paused) => ScribePace::TooSlow,
        EnginePace::Restarting => ScribePace::Restarting,
    }
}

/// A language as the session writes it.
pub(super) fn tag(code: &str) -> Option<LanguageTag> {
    code.parse().ok()
}

fn line_of(line: ToldLine, model: &str) -> Option<TranscriptLine> {
    let start_ms = line.start_ms;
    let words =
        line.words.into_iter().take(TranscriptLine::MAX_WORDS).filter_map(|(text, from, until, sure)| {
            Some(LineWord {
                text: cut(&text),
                from_ms: u32::try_from(from.saturating_sub(start_ms)).ok()?,
                until_ms: u32::try_from(until.saturating_sub(start_ms)).ok()?,
                // A cast from float saturates.
                sure: (sure * 100.0).clamp(0.0, 100.0) as u8,
            })
        });
    Some(TranscriptLine {
        speaker: line.speaker,
        // What the model was told: where it only knows a neighbour of the speaker's language, the line says so.
        language: tag(&line.language)?,
        text: cut(&line.text),
        started_at: unix(start_ms)?,
        ended_at: unix(line.end_ms)?,
        model: model.to_owned(),
        status: LineStatus::MachineDraft,
        words: words.collect(),
        doubtful: line.doubtful,
        broken_off: line.broken_off,
    })
}

fn cut(text: &str) -> String {
    text.chars().take(TranscriptLine::MAX_CHARS).collect()
}

fn unix(ms: u64) -> Option<UnixMillis> {
    i64::try_from(ms).ok().map(UnixMillis)
}

#[cfg(test)]
mod tests {
    use dragoman_core::ids::ParticipantId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_line_keeps_the_times_of_its_words_relative_to_itself() {
        let told = ToldLine {
            speaker: ParticipantId(Uuid::from_u128(1)),
            language: "sq".to_owned(),
            text: "Ku keni".to_owned(),
            words: vec![("Ku".to_owned(), 10_100, 10_400, 0.954), ("keni".to_owned(), 10_400, 10_900, 0.3)],
            start_ms: 10_000,
            end_ms: 11_000,
            doubtful: true,
            broken_off: false,
        };
        let Some(ParticipantMessage::AddTranscriptLine { line }) = message_of(Told::Line(told), "test")
        else {
            panic!("a line is a line");
        };
        assert!(line.is_whole() && line.doubtful);
        let times: Vec<_> = line.words.iter().map(|word| (word.from_ms, word.until_ms, word.sure)).collect();
        assert_eq!(times, [(100, 400, 95), (400, 900, 30)]);
    }

    #[test]
    fn a_draft_is_never_too_long_to_be_taken() {
        let long = "fjalë ".repeat(1_000);
        let told = Told::Draft {
            speaker: ParticipantId(Uuid::from_u128(1)),
            language: "sq".to_owned(),
            settled: long.clone(),
            open: long,
            start_ms: 1,
            end_ms: 2,
        };
        let Some(ParticipantMessage::DraftCaption { draft }) = message_of(told, "test") else {
            panic!("a draft is a draft");
        };
        assert!(draft.is_whole());
        assert!(
            matches!(nothing_more(draft), ParticipantMessage::DraftCaption { draft } if draft.open.is_empty())
        );
    }
}
