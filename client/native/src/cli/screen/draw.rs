//! Draws what is shown: people in the middle, one line of help at the bottom, what has to be known above it.

use dragoman_core::wire::Quality;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, Row, Table, Wrap};

use super::shown::{Aside, Link, Person, Shown, State};

/// Cells of a level.
const BAR: usize = 10;
/// From here on it is too loud.
const RED_FROM: usize = 9;

pub(super) fn draw(shown: &Shown, frame: &mut Frame<'_>) {
    let [title, phase, _, people, notice, help] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(2),
        Constraint::Length(1),
    ])
    .areas(frame.area());
    let bold = Style::new().add_modifier(Modifier::BOLD);
    frame.render_widget(
        Line::from(vec![Span::styled("Dragoman", bold), format!("  {}", shown.languages).into()]),
        title,
    );
    frame.render_widget(Line::styled(phase_line(shown), bold), phase);
    let widths =
        [Constraint::Fill(2), Constraint::Length(5), Constraint::Length(BAR as u16), Constraint::Fill(2)];
    frame.render_widget(Table::new(shown.people.iter().map(row), widths).column_spacing(2), people);
    let (text, style) = notice_line(shown);
    frame.render_widget(Paragraph::new(text).style(style).wrap(Wrap { trim: true }), notice);
    frame.render_widget(Line::styled(help_line(shown), Style::new().add_modifier(Modifier::REVERSED)), help);
}

fn phase_line(shown: &Shown) -> String {
    let also = if shown.transcribing { ". What is said is being written down" } else { "" };
    format!("{}{also}", shown.phase)
}

fn row(person: &Person) -> Row<'static> {
    let colour = match person.state {
        State::Hears(Quality::Good) => Color::Green,
        State::Hears(Quality::Weak) | State::MicrophoneOff => Color::Yellow,
        State::Hears(Quality::Bad) => Color::Red,
        State::Away => Color::DarkGray,
        State::There => Color::Reset,
    };
    Row::new([
        Cell::from(person.who.clone()),
        Cell::from(person.language.clone()),
        Cell::from(bar(person.level)),
        Cell::from(Span::styled(person.state.in_words(), Style::new().fg(colour))),
    ])
}

fn bar(level: f32) -> Line<'static> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 10")]
    let full = ((level * BAR as f32).round() as usize).min(BAR);
    let loud = full.saturating_sub(RED_FROM - 1);
    Line::from(vec![
        Span::styled("█".repeat(full - loud), Style::new().fg(Color::Green)),
        Span::styled("█".repeat(loud), Style::new().fg(Color::Red)),
        Span::styled("·".repeat(BAR - full), Style::new().fg(Color::DarkGray)),
    ])
}

/// Only the most urgent thing.
fn notice_line(shown: &Shown) -> (String, Style) {
    let warning = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
    let calm = Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD);
    match shown.link {
        Link::Lost => return ("The connection is lost. It is being made again.".to_owned(), warning),
        Link::Connecting => return ("Connecting.".to_owned(), calm),
        Link::Up => {}
    }
    if let Some(notice) = &shown.notice {
        return (notice.chars().filter(|c| !c.is_control()).collect(), calm);
    }
    if shown.muted {
        return ("Your microphone is off. Nobody hears you.".to_owned(), warning);
    }
    if shown.coughing {
        return ("Your microphone is off for a moment.".to_owned(), calm);
    }
    match &shown.aside {
        Aside::Yours(with) => (format!("Aside: only {with} hears you. Press a to end it."), calm),
        Aside::Others([one, other]) => (format!("{one} and {other} speak aside."), calm),
        Aside::None | Aside::May(_) => (String::new(), Style::new()),
    }
}

fn help_line(shown: &Shown) -> String {
    let mute = if shown.muted { "m microphone on" } else { "m microphone off" };
    let aside = match shown.aside {
        Aside::May(_) => "a aside  ",
        Aside::Yours(_) => "a end aside  ",
        Aside::None | Aside::Others(_) => "",
    };
    format!(" {mute}  c cough  {aside}s stop for all  q leave")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::shown::tests::view;
    use super::*;

    fn drawn(shown: &Shown, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(shown, frame)).unwrap();
        let buffer = terminal.backend().buffer();
        let lines = buffer.content.chunks(usize::from(width));
        lines
            .map(|line| {
                line.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned() + "\n"
            })
            .collect()
    }

    fn shown() -> Shown {
        let mut shown = Shown { link: Link::Up, ..Shown::default() };
        let view = view();
        shown.see(&view, 0.5, &BTreeMap::from([(view.participants[1].id, 0.02)]));
        shown
    }

    #[test]
    fn a_live_interview_is_seen_at_a_glance() {
        let screen = drawn(&shown(), 80, 12);
        println!("{screen}");
        let rows: Vec<&str> = screen.lines().collect();
        assert_eq!((rows[0], rows[1]), ("Dragoman  sq - en", "The interview is going on"));
        assert!(rows[3].starts_with("Officer (you)") && rows[3].contains("█████████·"), "{}", rows[3]);
        assert!(rows[4].starts_with("Mediator Drita") && rows[4].ends_with("hears well"), "{}", rows[4]);
        assert!(rows[5].contains("··········") && rows[5].ends_with("loses words"), "{}", rows[5]);
        assert_eq!(rows[11], " m microphone off  c cough  s stop for all  q leave");
    }

    #[test]
    fn the_most_urgent_thing_is_said() {
        let muted = Shown { muted: true, coughing: true, ..shown() };
        assert!(drawn(&muted, 80, 12).contains("Your microphone is off. Nobody hears you."));
        assert!(drawn(&muted, 80, 12).contains("m microphone on "));
        let lost = Shown { link: Link::Lost, notice: Some("Something".into()), ..muted };
        let screen = drawn(&lost, 80, 12);
        assert!(screen.contains("The connection is lost.") && !screen.contains("Something"));
    }

    #[test]
    fn an_aside_is_offered_and_then_said() {
        let with = view().participants[1].id;
        let may = Shown { aside: Aside::May(with), ..shown() };
        assert!(drawn(&may, 80, 12).contains("c cough  a aside  s stop"));
        let aside = Shown { aside: Aside::Yours("Mediator Drita".into()), ..shown() };
        let screen = drawn(&aside, 80, 12);
        assert!(
            screen.contains("only Mediator Drita hears you") && screen.contains("a end aside"),
            "{screen}"
        );
        let others = Shown { aside: Aside::Others(["Officer".into(), "Mediator Drita".into()]), ..shown() };
        let screen = drawn(&others, 80, 12);
        assert!(
            screen.contains("Officer and Mediator Drita speak aside.") && !screen.contains(" a "),
            "{screen}"
        );
    }

    #[test]
    fn a_small_window_still_has_people_and_help() {
        let screen = drawn(&shown(), 58, 9);
        assert!(screen.contains("Mediator Drita") && screen.contains("q leave"), "{screen}");
        // Nothing fits, and nothing breaks.
        drawn(&shown(), 3, 1);
    }
}
