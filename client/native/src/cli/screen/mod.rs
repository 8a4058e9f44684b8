//! The terminal screen of `join`: who is there, how loud and how well they hear, and one key for each thing to do.

mod draw;
mod shown;

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dragoman_client::call::{Call, CallEvent, CallEvents};
use dragoman_client::{ClientError, Result};
use dragoman_core::interpreting::FloorAct;
use dragoman_core::wire::ParticipantMessage;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc;
use tokio::time::interval;

use super::common::told_to_end;
use super::log::Kept;
use shown::{Aside, Link, Shown};

/// Ten pictures a second are enough for levels.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// The keyboard is looked at so often.
const KEY_EVERY: Duration = Duration::from_millis(50);
/// Keys that wait; more are not taken.
const KEY_QUEUE: usize = 16;
/// A cough is over so long after its key was last pressed. Terminals do not tell when a key is let go, but repeat it.
const COUGH: Duration = Duration::from_secs(2);
/// Leaving takes a second press within this time.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);
/// How long a notice stays.
const NOTICE: Duration = Duration::from_secs(8);

/// Whether there is a person in front of it.
pub(crate) fn is_possible() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Shows the call until the person leaves, or it ends.
pub(crate) async fn attend(call: &mut Call) -> Result<()> {
    let events = call.events();
    let _kept = Kept::begin();
    let mut terminal = ratatui::try_init().map_err(|e| no_terminal(&e))?;
    let result = Screen::new(call, events).run(&mut terminal).await;
    ratatui::restore();
    match result {
        // It ended while a key was being told to the relay.
        Err(ClientError::Over) => Ok(()),
        other => other,
    }
}

struct Screen<'a> {
    call: &'a Call,
    events: CallEvents,
    shown: Shown,
    muted: bool,
    coughs_until: Option<Instant>,
    leaves_until: Option<Instant>,
    notice_until: Option<Instant>,
}

impl<'a> Screen<'a> {
    fn new(call: &'a Call, events: CallEvents) -> Self {
        Self {
            call,
            events,
            shown: Shown::default(),
            muted: false,
            coughs_until: None,
            leaves_until: None,
            notice_until: None,
        }
    }

    async fn run(&mut self, terminal: &mut ratatui::DefaultTerminal) -> Result<()> {
        let mut keyboard = Keyboard::open()?;
        let mut draw = interval(DRAW_EVERY);
        loop {
            tokio::select! {
                _ = draw.tick() => {
                    self.refresh(Instant::now()).await?;
                    terminal.draw(|frame| draw::draw(&self.shown, frame)).map_err(|e| no_terminal(&e))?;
                }
                key = keyboard.keys.recv() => match key {
                    Some(key) => if self.press(key, Instant::now()).await? { return Ok(()) },
                    None => return Err(ClientError::Device("the terminal is gone".to_owned())),
                },
                event = self.events.next() => match event {
                    Some(event) => self.note(event, Instant::now()),
                    None => return Ok(()),
                },
                _ = self.call.ended() => return Ok(()),
                () = told_to_end() => return Ok(()),
            }
        }
    }

    /// Returns whether to leave.
    async fn press(&mut self, key: KeyEvent, now: Instant) -> Result<bool> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if control => return Ok(true),
            KeyCode::Char('m') => {
                self.muted = !self.muted;
                self.call.set_muted(self.muted).await?;
            }
            KeyCode::Char('c') => self.cough_on(now).await?,
            KeyCode::Char('a') => {
                let act = match self.shown.aside {
                    Aside::May(with) => FloorAct::BeginAside { with },
                    Aside::Yours(_) => FloorAct::EndAside,
                    Aside::None | Aside::Others(_) => return Ok(false),
                };
                self.call.send(ParticipantMessage::Floor { act }).await?;
            }
            KeyCode::Char('s') => {
                self.call.send(ParticipantMessage::Stop).await?;
                self.say(
                    "You stopped the interview. It goes on only when the interviewee agrees again.",
                    now,
                );
            }
            KeyCode::Char('q') => {
                if self.leaves_until.is_some_and(|until| now < until) {
                    return Ok(true);
                }
                self.leaves_until = Some(now + LEAVE_WITHIN);
                self.say("Leave the session? Press q once more.", now);
            }
            _ => {}
        }
        Ok(false)
    }

    fn note(&mut self, event: CallEvent, now: Instant) {
        match event {
            CallEvent::MediaConnected { .. } => self.shown.link = Link::Up,
            CallEvent::MediaLost | CallEvent::SocketLost => self.shown.link = Link::Lost,
            CallEvent::Refused(problem) => self.say(&problem.message, now),
            // A box in a room is listened to; captions are read on the officer's tablet.
            CallEvent::Draft(_) | CallEvent::Caption(_) | CallEvent::Gap(_) | CallEvent::Gist(_) => {}
            CallEvent::View(_) | CallEvent::Slots(_) | CallEvent::Ended(_) => {}
        }
    }

    fn say(&mut self, notice: &str, now: Instant) {
        self.shown.notice = Some(notice.to_owned());
        self.notice_until = Some(now + NOTICE);
    }

    /// The key was pressed, or repeats because it is held.
    async fn cough_on(&mut self, now: Instant) -> Result<()> {
        match self.coughs_until.replace(now + COUGH) {
            None => self.cough(true).await,
            Some(_) => Ok(()),
        }
    }

    /// The microphone is silenced here at once; the relay is told, so that the others see why.
    async fn cough(&self, on: bool) -> Result<()> {
        self.call.cough(on);
        self.call.send(ParticipantMessage::Floor { act: FloorAct::Cough { on } }).await
    }

    async fn refresh(&mut self, now: Instant) -> Result<()> {
        if self.coughs_until.is_some_and(|until| now >= until) {
            self.coughs_until = None;
            self.cough(false).await?;
        }
        if self.notice_until.is_some_and(|until| now >= until) {
            self.notice_until = None;
            self.shown.notice = None;
        }
        self.shown.muted = self.muted;
        self.shown.coughing = self.coughs_until.is_some();
        if let Some(view) = &*self.call.view().borrow() {
            self.shown.see(view, self.call.own_level(), &self.call.levels());
        }
        Ok(())
    }
}

/// Reads keys on a thread of its own, because reading waits.
struct Keyboard {
    keys: mpsc::Receiver<KeyEvent>,
    _ends: Ends,
}

/// Ends the thread when it is dropped, so that it takes no keys from whatever runs next in this terminal.
struct Ends(Arc<AtomicBool>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Keyboard {
    fn open() -> Result<Self> {
        let (pressed, keys) = mpsc::channel(KEY_QUEUE);
        let over = Arc::new(AtomicBool::new(false));
        let ends = Ends(over.clone());
        let reading = move || {
            while !over.load(Ordering::Relaxed) {
                match event::poll(KEY_EVERY) {
                    Ok(false) => continue,
                    Ok(true) => {}
                    Err(_) => return,
                }
                match event::read() {
                    // A queue that is full has enough to do: the key is dropped.
                    Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => drop(pressed.try_send(key)),
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        };
        std::thread::Builder::new().name("keyboard".into()).spawn(reading).map_err(|e| no_terminal(&e))?;
        Ok(Self { keys, _ends: ends })
    }
}

fn no_terminal(error: &dyn std::fmt::Display) -> ClientError {
    ClientError::Device(format!("the terminal can not be used: {error}. Give --plain to do without a screen"))
}
