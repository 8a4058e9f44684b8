//! Why something was not done to a transcript.

/// Refused, and nothing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReviewRefusal {
    /// Not a text.
    #[error("the text needs 1 to 2,000 characters")]
    TextMalformed,
    /// Not a list of lines.
    #[error("choose 1 to 1,000 lines to certify")]
    LinesMalformed,
    /// Too long, or signs that no such number has.
    #[error("a service number has 1 to 40 letters, digits, blanks, dots, dashes or slashes")]
    NumberMalformed,
    /// No such line or gap in this transcript.
    #[error("there is no such line in this transcript")]
    NoSuchLine,
    /// Corrected since it was seen.
    #[error("somebody else corrected this line meanwhile: look at it again; your text was not lost")]
    LineChanged,
    /// The text is the one that it has.
    #[error("the line has this text already")]
    SameText,
    /// In a language that the account does not speak.
    #[error("you certify lines in languages that you speak in this session, and no others")]
    NotYourLanguage,
    /// Asking for checks is the officer's.
    #[error("only the session's officer may ask a mediator to go through the transcript")]
    NotYourRole,
    /// Not a mediator of this session.
    #[error("there is no such mediator in this session")]
    NoSuchMediator,
    /// Asked twice.
    #[error("this mediator was asked already, and is not through yet")]
    AskedAlready,
    /// There is nothing to take back or to finish.
    #[error("nobody was asked, or they are through already")]
    NotAsked,
}

impl ReviewRefusal {
    /// Stable code, for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::TextMalformed => "text_malformed",
            Self::LinesMalformed => "lines_malformed",
            Self::NumberMalformed => "number_malformed",
            Self::NoSuchLine => "no_such_line",
            Self::LineChanged => "line_changed",
            Self::SameText => "same_text",
            Self::NotYourLanguage => "not_your_language",
            Self::NotYourRole => "not_your_role",
            Self::NoSuchMediator => "no_such_mediator",
            Self::AskedAlready => "asked_already",
            Self::NotAsked => "not_asked",
        }
    }
}
