//! What a roster entry must be, whichever way it comes: by a call or by a file.

use crate::rest_directory::FieldError;
use crate::roster::Profile;

/// Longest alias, in characters.
const MAX_ALIAS_CHARS: usize = 40;
/// Longest number in a register, in characters.
const MAX_REGISTER_CHARS: usize = 40;
/// Most languages of one mediator.
const MAX_LANGUAGES: usize = 40;
/// Most agencies, countries or conflicts of one mediator.
const MAX_ITEMS: usize = 100;
/// A day, and more than any rest.
const MAX_MINUTES: u16 = 24 * 60;

/// An alias as it is compared: no two mediators have the same one, whatever its case.
pub fn folded_alias(alias: &str) -> String {
    alias.trim().to_lowercase()
}

/// The profile in the form in which it is kept.
///
/// # Errors
/// Everything that is wrong, each by its field.
pub fn checked(mut profile: Profile) -> Result<Profile, Vec<FieldError>> {
    profile.alias = profile.alias.trim().to_owned();
    let number = profile.register_number.take().map(|number| number.trim().to_owned());
    profile.register_number = number.filter(|number| !number.is_empty());
    let mut errors = Vec::new();
    let mut demand = |holds: bool, field: &str, message: &str| {
        if !holds {
            errors.push(FieldError::new(field, message));
        }
    };
    let alias = &profile.alias;
    demand(
        (1..=MAX_ALIAS_CHARS).contains(&alias.chars().count()) && !alias.chars().any(char::is_control),
        "alias",
        "an alias has 1 to 40 characters, and is not the person's name",
    );
    demand(
        profile.register_number.as_deref().is_none_or(is_register_number),
        "register_number",
        "a register number has 1 to 40 letters, digits, blanks, dots, dashes or slashes",
    );
    demand(
        languages_fit(&profile),
        "languages",
        "give 2 to 40 languages, each once: a mediator interprets between at least two",
    );
    for (count, field) in [
        (profile.serves.len(), "serves"),
        (profile.countries.len(), "countries"),
        (profile.favourite_of.len(), "favourite_of"),
        (profile.conflicts.len(), "conflicts"),
    ] {
        demand(count <= MAX_ITEMS, field, "give at most 100");
    }
    for (minutes, field) in
        [(profile.load.minutes_a_day, "minutes_a_day"), (profile.load.rest_minutes, "rest_minutes")]
    {
        demand(minutes <= MAX_MINUTES, field, "a day has 1440 minutes: give at most that");
    }
    if errors.is_empty() { Ok(profile) } else { Err(errors) }
}

/// Whether it may be a number in an official register, or an officer's service number.
pub(crate) fn is_register_number(number: &str) -> bool {
    (1..=MAX_REGISTER_CHARS).contains(&number.chars().count())
        && number.chars().all(|c| c.is_alphanumeric() || " .-/".contains(c))
}

fn languages_fit(profile: &Profile) -> bool {
    let mut tags: Vec<_> = profile.languages.iter().map(|spoken| &spoken.tag).collect();
    tags.sort();
    tags.dedup();
    tags.len() == profile.languages.len() && (2..=MAX_LANGUAGES).contains(&tags.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roster::{Level, SpokenLanguage};

    #[test]
    fn a_profile_is_trimmed_and_everything_wrong_is_said_at_once() {
        let spoken = |tag: &str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Native };
        let good = Profile::new("  Blue Heron ", vec![spoken("sq"), spoken("en")]);
        assert_eq!(checked(good).unwrap().alias, "Blue Heron");
        let mut bad = Profile::new("", vec![spoken("sq"), spoken("sq")]);
        bad.load.minutes_a_day = 1441;
        let columns: Vec<String> = checked(bad).unwrap_err().into_iter().map(|error| error.column).collect();
        assert_eq!(columns, ["alias", "languages", "minutes_a_day"]);
    }
}
