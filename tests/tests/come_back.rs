//! Captions for whoever comes back: what they had read, what they missed, and nothing of what was said before they came.

use anyhow::{Context, Result};
use dragoman_core::session_types::{Phase, Role};
use dragoman_core::time::UnixMillis;
use dragoman_core::transcript::{
    GapReason, LineWord, TranscriptEntry, TranscriptGap, TranscriptGist, TranscriptLine,
};
use dragoman_core::wire::{ParticipantMessage, RelayMessage};
use dragoman_tests::call::Call;
use dragoman_tests::client::Client;
use dragoman_tests::relay::TestRelay;
use dragoman_tests::scribe::{Scribe, line};

#[tokio::test]
async fn whoever_comes_back_reads_what_was_written_meanwhile_and_nobody_what_was_before_them() -> Result<()> {
    let relay = TestRelay::start().await?;
    let links = &relay.links;
    let mut call = Call::establish(&relay.url, &links.officer, &links.mediators[0].link, "sq").await?;
    let mut scribe = Scribe::join(&relay.url, &mut call).await?;
    let view = call.officer.socket.phase(Phase::Live).await?;
    let id = |role| view.participants.iter().find(|one| one.role == role).context("nobody").map(|one| one.id);
    let (officer, interviewee) = (id(Role::Officer)?, id(Role::Interviewee)?);
    let now = relay.app.now();
    let at = |seconds: i64| UnixMillis(now.0 + seconds * 1_000);

    let word = |text: &str, sure| LineWord { text: text.to_owned(), from_ms: 0, until_ms: 1_000, sure };
    let sure = TranscriptLine {
        words: vec![word("Good", 90), word("morning.", 90)],
        ..line(officer, "en", "Good morning.", at(0))?
    };
    let doubtful = TranscriptLine {
        words: vec![word("Jo", 90), word("sot.", 30)],
        ..line(interviewee, "sq", "Jo sot.", at(6))?
    };
    scribe.write(&mut call, sure.clone()).await?;
    // The officer's network is gone while the rest is written.
    drop(call.officer.socket);
    let gap = TranscriptGap { speaker: officer, started_at: at(3), ended_at: at(5), why: GapReason::TooSlow };
    let model = "test".to_owned();
    let gist =
        TranscriptGist { speaker: interviewee, started_at: at(6), text: "Not today.".to_owned(), model };
    for message in [
        ParticipantMessage::AddTranscriptGap { gap: gap.clone() },
        ParticipantMessage::AddTranscriptLine { line: doubtful.clone() },
        ParticipantMessage::AddGist { gist: gist.clone() },
    ] {
        scribe.socket.send(&message).await?;
    }
    call.mediator.socket.find(|told| matches!(told, RelayMessage::Gist { .. }).then_some(())).await?;

    let written = |message| match message {
        RelayMessage::Written { entries, gists } => Some((entries, gists)),
        _ => None,
    };
    let (entries, gists) = call.officer.client.session_socket(call.session).await?.find(written).await?;
    let [TranscriptEntry::Line(first), TranscriptEntry::Gap(second), TranscriptEntry::Line(third)] =
        &entries[..]
    else {
        anyhow::bail!("{entries:?}");
    };
    assert_eq!(*first, TranscriptLine { words: Vec::new(), ..sure }, "without words, for none is doubtful");
    assert_eq!((second, third), (&gap, &doubtful));
    assert_eq!(gists, [gist]);

    drop(call.interviewee.socket);
    let (again, gists) = call.interviewee.client.session_socket(call.session).await?.find(written).await?;
    assert_eq!((again, gists.len()), (entries, 0), "an interviewee reads no machine's translation");

    let link = call.officer.client.invite(call.session, Role::Observer).await?;
    let (observer, _) = Client::joined(&relay.url, &link).await?;
    let mut socket = observer.session_socket(call.session).await?;
    let last = line(officer, "en", "Thank you.", at(9))?;
    scribe.socket.send(&ParticipantMessage::AddTranscriptLine { line: last.clone() }).await?;
    let first_text = |message| match message {
        RelayMessage::Written { entries, .. } => Some(entries),
        RelayMessage::Caption { line } => Some(vec![TranscriptEntry::Line(line)]),
        _ => None,
    };
    let read = socket.find(first_text).await?;
    assert_eq!(read, [TranscriptEntry::Line(last)], "what was said before they came is not theirs to read");
    Ok(())
}
