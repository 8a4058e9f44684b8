//! Writes the roster in the form in which it is read.

use super::Column;
use super::cells::{write_choice, write_end_moment, write_first_moment, write_items};
use crate::codes::Circumstance;
use crate::csv_text::armoured;
use crate::rest_directory::PrivateDetails;
use crate::roster::{Mediator, SpokenLanguage};

/// How a file is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportOptions {
    /// With name, telephone and e-mail.
    pub names: bool,
    /// Semicolons between the cells, for spreadsheets of languages that write 1,5.
    pub semicolons: bool,
}

/// The file; [`super::parse`] reads it back exactly, but for notes, which it never holds. It begins with a byte order
/// mark, without which spreadsheets do not take it for UTF-8.
pub fn export<'a>(
    roster: impl IntoIterator<Item = (&'a Mediator, &'a PrivateDetails)>,
    options: ExportOptions,
) -> String {
    let columns = || Column::ALL.iter().copied().filter(|column| options.names || !column.is_private());
    let delimiter = if options.semicolons { b';' } else { b',' };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .terminator(csv::Terminator::CRLF)
        .from_writer(b"\xef\xbb\xbf".to_vec());
    // Writing into memory does not fail, and all rows have the same length.
    let _ = writer.write_record(columns().map(Column::name));
    for (mediator, details) in roster {
        let _ = writer.write_record(columns().map(|column| armoured(cell(column, mediator, details))));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

fn cell(column: Column, mediator: &Mediator, details: &PrivateDetails) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match column {
        Column::Id => mediator.id.to_string(),
        Column::Alias => mediator.alias.clone(),
        Column::Name => text(&details.name),
        Column::Phone => text(&details.phone),
        Column::Email => text(&details.email),
        Column::Languages => write_items(mediator.languages.iter().map(language)),
        Column::Gender => mediator.gender.as_ref().map(write_choice).unwrap_or_default(),
        Column::Qualification => write_choice(&mediator.qualification),
        Column::RegisterNumber => text(&mediator.register_number),
        Column::Specialisms => write_items(mediator.specialisms.iter().map(write_choice)),
        Column::UndertakingSigned => {
            mediator.undertaking_signed_at.map(write_first_moment).unwrap_or_default()
        }
        Column::UndertakingUntil => mediator.undertaking_until.map(write_end_moment).unwrap_or_default(),
        Column::VettedUntil => mediator.vetted_until.map(write_end_moment).unwrap_or_default(),
        Column::Agency => mediator.agency.as_ref().map(ToString::to_string).unwrap_or_default(),
        Column::Serves => write_items(mediator.serves.iter().map(ToString::to_string)),
        Column::Countries => write_items(mediator.countries.iter().map(ToString::to_string)),
        Column::FavouriteOf => write_items(mediator.favourite_of.iter().map(ToString::to_string)),
        Column::Conflicts => write_items(mediator.conflicts.iter().map(conflict)),
        Column::MinutesADay => mediator.load.minutes_a_day.to_string(),
        Column::RestMinutes => mediator.load.rest_minutes.to_string(),
        Column::Active => if mediator.active { "yes" } else { "no" }.to_owned(),
    }
}

fn language(spoken: &SpokenLanguage) -> String {
    format!("{}:{}", spoken.tag, write_choice(&spoken.level))
}

fn conflict(circumstance: &Circumstance) -> String {
    format!("{}:{}", write_choice(&circumstance.tie), circumstance.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::collection::{btree_set, vec};
    use proptest::option::of;
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};
    use uuid::Uuid;

    use super::super::{Change, Judged, Known, MAX_BYTES, MAX_ROWS, judge, parse};
    use super::*;
    use crate::codes::{AgencyCode, CountryCode, Tie};
    use crate::ids::MediatorId;
    use crate::language::SEED;
    use crate::roster::{Gender, Level, LoadLimits, Profile, Qualification, Specialism};
    use crate::roster_check::checked;
    use crate::time::UnixMillis;

    fn time() -> impl Strategy<Value = Option<UnixMillis>> {
        let days = (-40_000_i64..80_000).prop_map(|day| day * 86_400_000);
        of(prop_oneof![days, any::<i64>()].prop_map(UnixMillis))
    }

    fn agencies() -> impl Strategy<Value = BTreeSet<AgencyCode>> {
        btree_set("[A-Z0-9][A-Z0-9-]{1,23}".prop_map(|code| code.parse().unwrap()), 0..4)
    }

    fn conflicts() -> impl Strategy<Value = BTreeSet<Circumstance>> {
        let tie = select(vec![Tie::Community, Tie::Family, Tie::Place]);
        let valid = |(tie, name): (Tie, String)| Circumstance::new(tie, &name).ok();
        btree_set((tie, "[ -~ë\\\\;:\"']{1,20}").prop_filter_map("a name", valid), 0..4)
    }

    fn profile() -> impl Strategy<Value = Profile> {
        use Qualification::{CulturalMediator, Interpreter, SwornInterpreter};
        let level = || select(vec![Level::Working, Level::Fluent, Level::Native]);
        let tags = (2..8_usize).prop_flat_map(|count| subsequence(SEED, count)).prop_shuffle();
        let languages = tags.prop_flat_map(move |tags| {
            let levels = vec(level(), tags.len());
            levels.prop_map(move |levels| {
                let spoken = tags.iter().zip(levels);
                spoken.map(|(tag, level)| SpokenLanguage { tag: tag.parse().unwrap(), level }).collect()
            })
        });
        let all = vec![Specialism::Minors, Specialism::Trafficking, Specialism::Asylum, Specialism::Medical];
        let training = (
            of(select(vec![Gender::Female, Gender::Male, Gender::Other])),
            select(vec![CulturalMediator, Interpreter, SwornInterpreter]),
            of("[A-Z0-9][A-Z0-9 ./-]{0,12}[0-9]"),
            btree_set(select(all), 0..4),
            (time(), time(), time()),
        );
        let countries = btree_set("[A-Z]{2}".prop_map(|code| code.parse::<CountryCode>().unwrap()), 0..4);
        let ties = (agencies(), agencies(), countries, agencies(), conflicts());
        let load = (0..=1440_u16, 0..=1440_u16, any::<bool>());
        (prop_oneof!["\\PC{1,40}", "'{0,2}[=+@-][a-z;,\"']{0,30}"], languages, training, ties, load)
            .prop_filter_map(
                "an alias",
                |(
                    alias,
                    languages,
                    (gender, qualification, register_number, specialisms, times),
                    ties,
                    load,
                )| {
                    let profile = Profile {
                        gender,
                        qualification,
                        register_number,
                        specialisms,
                        undertaking_signed_at: times.0,
                        undertaking_until: times.1,
                        vetted_until: times.2,
                        agency: ties.0.into_iter().next(),
                        serves: ties.1,
                        countries: ties.2,
                        favourite_of: ties.3,
                        conflicts: ties.4,
                        load: LoadLimits { minutes_a_day: load.0, rest_minutes: load.1 },
                        active: load.2,
                        ..Profile::new(&alias, languages)
                    };
                    checked(profile).ok().filter(|profile| !profile.alias.contains('\u{fffd}'))
                },
            )
    }

    fn details() -> impl Strategy<Value = PrivateDetails> {
        let name = of("[ -~ëčق=+@'\"]{0,60}");
        let phone = of("[+]?[0-9 ()/.-]{3,12}[0-9]{3}");
        let email = of("[a-z=+-]{1,12}@[a-z.-]{1,12}");
        (name, phone, email).prop_filter_map("details", |(name, phone, email)| {
            PrivateDetails { name, phone, email, notes: None }.checked().ok()
        })
    }

    proptest! {
        #[test]
        fn what_is_exported_is_imported_without_a_change(
            people in vec((profile(), details()), 0..6),
            names: bool,
            semicolons: bool,
        ) {
            let mut aliases = BTreeSet::new();
            let people: Vec<(Mediator, PrivateDetails)> = people
                .into_iter()
                .filter(|(profile, _)| aliases.insert(profile.alias.to_lowercase()))
                .zip(1..)
                .map(|((profile, details), n)| (Mediator { id: MediatorId(Uuid::from_u128(n)), profile }, details))
                .collect();
            let known = Known {
                mediators: people.iter().map(|(one, _)| (one.id, one.profile.clone())).collect(),
                details: people.iter().map(|(one, details)| (one.id, details.clone())).collect(),
                keeper: None,
            };
            let text = export(people.iter().map(|(one, details)| (one, details)), ExportOptions { names, semicolons });
            let table = parse(&text).unwrap();
            prop_assert_eq!(table.has_private(), names);
            let read = judge(&table, &known);
            prop_assert_eq!(read.len(), people.len());
            for (Judged { result, .. }, (mediator, details)) in read.iter().zip(&people) {
                let Ok(Change { id, profile, details: read_details, columns }) = result else {
                    return Err(TestCaseError::fail(format!("{result:?} of {text}")));
                };
                prop_assert_eq!(*id, Some(mediator.id));
                prop_assert_eq!(profile, &mediator.profile);
                prop_assert!(columns.is_empty(), "{:?}", columns);
                prop_assert!(read_details == details);
            }
        }
    }

    #[test]
    fn a_roster_of_more_than_ten_thousand_goes_out_and_in_again() {
        const PEOPLE: u128 = 12_000;
        let tag = |tag: &str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Fluent };
        let person = |n: u128| {
            let profile = Profile {
                specialisms: [Specialism::Minors, Specialism::Trafficking, Specialism::Asylum].into(),
                agency: Some("AL-BORDER".parse().unwrap()),
                serves: ["RS-ASYLUM".parse().unwrap(), "MK-POLICE".parse().unwrap()].into(),
                countries: ["AL".parse().unwrap(), "RS".parse().unwrap(), "MK".parse().unwrap()].into(),
                conflicts: [Circumstance::new(Tie::Place, "Tropoja e Vjeter").unwrap()].into(),
                undertaking_until: Some(UnixMillis(1_900_000_000_000)),
                ..Profile::new(&format!("Mediator {n}"), ["sq", "sr-Latn", "sr-Cyrl", "en"].map(tag).into())
            };
            let details = PrivateDetails {
                name: Some(format!("Person {n} of the Village")),
                phone: Some(format!("+355 69 {n:07}")),
                email: Some(format!("person.{n}@mediators.example")),
                notes: None,
            };
            let profile = checked(profile.cleared(UnixMillis(1_700_000_000_000))).unwrap();
            (Mediator { id: MediatorId(Uuid::from_u128(n)), profile }, details)
        };
        let people: Vec<(Mediator, PrivateDetails)> = (0..PEOPLE).map(person).collect();
        let options = ExportOptions { names: true, semicolons: false };
        let text = export(people.iter().map(|(one, details)| (one, details)), options);
        let bytes_a_row = text.len() / people.len();
        assert!(
            bytes_a_row * MAX_ROWS < MAX_BYTES,
            "{bytes_a_row} bytes a row: as many as may be do not fit"
        );
        let known = Known {
            mediators: people.iter().map(|(one, _)| (one.id, one.profile.clone())).collect(),
            details: people.iter().map(|(one, details)| (one.id, details.clone())).collect(),
            keeper: None,
        };
        let judged = judge(&parse(&text).unwrap(), &known);
        assert_eq!(judged.len(), people.len());
        let unchanged = |row: &Judged| row.result.as_ref().is_ok_and(|change| change.columns.is_empty());
        assert!(judged.iter().all(unchanged));
    }

    #[test]
    fn names_are_written_only_if_they_are_asked_for() {
        let tag = |tag: &str| SpokenLanguage { tag: tag.parse().unwrap(), level: Level::Native };
        let profile = Profile::new("=cmd()", vec![tag("sq"), tag("en")]);
        let mediator = Mediator { id: MediatorId(Uuid::from_u128(1)), profile };
        let details = PrivateDetails { name: Some("Ana Example".into()), ..PrivateDetails::default() };
        let written =
            |names| export([(&mediator, &details)], ExportOptions { names, ..ExportOptions::default() });
        assert!(written(true).contains("Ana Example"));
        assert!(!written(false).contains("Ana") && !written(false).contains("phone"));
        assert!(written(false).contains(",'=cmd(),"));
    }
}
