//! Holds a file that was read against the roster: what is new, what changes, and what does not fit.

use std::collections::{BTreeMap, BTreeSet};

use super::{Column, Draft, Row, Table};
use crate::codes::AgencyCode;
use crate::ids::MediatorId;
use crate::rest_directory::{FieldError, PrivateDetails};
use crate::roster::Profile;
use crate::roster_check::folded_alias;

/// What is known before the import.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The roster.
    pub mediators: BTreeMap<MediatorId, Profile>,
    /// Private details of those whom the file names by `id`, if it has columns for them.
    pub details: BTreeMap<MediatorId, PrivateDetails>,
    /// Only this agency's mediators may be changed, and whoever is new becomes one of them; `None`: no such limit.
    pub keeper: Option<AgencyCode>,
}

/// A row, judged.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// See [`Row`].
    pub line: u32,
    /// See [`Row`].
    pub alias: String,
    /// What it changes, or all that is wrong with it.
    pub result: Result<Change, Vec<FieldError>>,
}

/// What a row changes.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// Whom; `None`: somebody new.
    pub id: Option<MediatorId>,
    /// The profile as it will be.
    pub profile: Profile,
    /// The private details as they will be.
    pub details: PrivateDetails,
    /// The columns that differ; all that the file has, for somebody new.
    pub columns: Vec<Column>,
}

impl Change {
    /// Whether the profile differs.
    pub fn is_of_profile(&self) -> bool {
        self.columns.iter().any(|column| !column.is_private())
    }

    /// Whether the private details differ; for somebody new, whether there are any.
    pub fn is_of_details(&self) -> bool {
        match self.id {
            Some(_) => self.columns.iter().any(|column| column.is_private()),
            None => self.details != PrivateDetails::default(),
        }
    }
}

/// Judges every row. No two mediators may have the same alias, whatever its case, and no two rows the same `id`.
pub fn judge(table: &Table, known: &Known) -> Vec<Judged> {
    let mut seen = Seen::default();
    for row in &table.rows {
        seen.note(row);
    }
    let unnamed = known.mediators.iter().filter(|(id, _)| !seen.ids.contains_key(id));
    seen.on_roster = unnamed.map(|(_, profile)| folded_alias(&profile.alias)).collect();
    table.rows.iter().map(|row| judge_row(row, table, known, &seen)).collect()
}

/// Where aliases and identifiers stand.
#[derive(Default)]
struct Seen {
    aliases: BTreeMap<String, Vec<u32>>,
    ids: BTreeMap<MediatorId, Vec<u32>>,
    /// Aliases of those whom the file does not name.
    on_roster: BTreeSet<String>,
}

impl Seen {
    fn note(&mut self, row: &Row) {
        self.aliases.entry(folded_alias(&row.alias)).or_default().push(row.line);
        if let Some(id) = row.id {
            self.ids.entry(id).or_default().push(row.line);
        }
    }

    fn errors_of(&self, row: &Row) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let alias = folded_alias(&row.alias);
        if let Some(lines) = others(self.aliases.get(&alias), row.line).filter(|_| !alias.is_empty()) {
            let message = format!("stands on line {lines} as well: no two may be alike");
            errors.push(FieldError::new(Column::Alias.name(), message));
        } else if self.on_roster.contains(&alias) {
            let message =
                "a mediator on the roster has this alias: give their id to change them, or another alias";
            errors.push(FieldError::new(Column::Alias.name(), message));
        }
        if let Some(lines) = row.id.and_then(|id| others(self.ids.get(&id), row.line)) {
            let message = format!("stands on line {lines} as well: one row for each mediator");
            errors.push(FieldError::new(Column::Id.name(), message));
        }
        errors
    }
}

fn others(lines: Option<&Vec<u32>>, but: u32) -> Option<String> {
    let others: Vec<String> = lines?.iter().filter(|line| **line != but).map(u32::to_string).collect();
    (!others.is_empty()).then(|| others.join(", "))
}

fn judge_row(row: &Row, table: &Table, known: &Known, seen: &Seen) -> Judged {
    let mut errors = seen.errors_of(row);
    let change = match &row.result {
        Ok(draft) => change_of(row.id, draft, table, known).map_err(|error| errors.push(error)).ok(),
        Err(wrong) => {
            errors.extend_from_slice(wrong);
            None
        }
    };
    let result = change.filter(|_| errors.is_empty()).ok_or(errors);
    Judged { line: row.line, alias: row.alias.clone(), result }
}

fn change_of(
    id: Option<MediatorId>,
    draft: &Draft,
    table: &Table,
    known: &Known,
) -> Result<Change, FieldError> {
    let Some(id) = id else {
        let (mut profile, details) = (draft.profile.clone(), draft.details.clone());
        profile.agency = profile.agency.or_else(|| known.keeper.clone());
        check_keeper(&profile, known)?;
        return Ok(Change { id: None, profile, details, columns: table.columns.iter().copied().collect() });
    };
    let before = known.mediators.get(&id).ok_or_else(|| {
        let message = "there is no such mediator on this roster: leave the id empty to add one";
        FieldError::new(Column::Id.name(), message)
    })?;
    if !is_kept(before, known) {
        let message = "another agency keeps this mediator, or none: leave the row out";
        return Err(FieldError::new(Column::Id.name(), message));
    }
    let mut profile = before.clone();
    let mut details = known.details.get(&id).cloned().unwrap_or_default();
    let differs = |column: &Column| put(*column, draft, &mut profile, &mut details);
    let columns = table.columns.iter().copied().filter(differs).collect();
    check_keeper(&profile, known)?;
    Ok(Change { id: Some(id), profile, details, columns })
}

fn is_kept(profile: &Profile, known: &Known) -> bool {
    known.keeper.is_none() || profile.agency == known.keeper
}

fn check_keeper(profile: &Profile, known: &Known) -> Result<(), FieldError> {
    if is_kept(profile, known) {
        return Ok(());
    }
    let keeper = known.keeper.as_ref().map_or("", AgencyCode::as_str);
    let message = format!("you keep the mediators of {keeper} only: write {keeper} or leave the column out");
    Err(FieldError::new(Column::Agency.name(), message))
}

/// Takes over what a column says; whether that is something else.
fn put(column: Column, draft: &Draft, profile: &mut Profile, details: &mut PrivateDetails) -> bool {
    let from = &draft.profile;
    match column {
        Column::Id => false,
        Column::Alias => replace(&mut profile.alias, &from.alias),
        Column::Name => replace(&mut details.name, &draft.details.name),
        Column::Phone => replace(&mut details.phone, &draft.details.phone),
        Column::Email => replace(&mut details.email, &draft.details.email),
        Column::Languages => replace(&mut profile.languages, &from.languages),
        Column::Gender => replace(&mut profile.gender, &from.gender),
        Column::Qualification => replace(&mut profile.qualification, &from.qualification),
        Column::RegisterNumber => replace(&mut profile.register_number, &from.register_number),
        Column::Specialisms => replace(&mut profile.specialisms, &from.specialisms),
        Column::UndertakingSigned => replace(&mut profile.undertaking_signed_at, &from.undertaking_signed_at),
        Column::UndertakingUntil => replace(&mut profile.undertaking_until, &from.undertaking_until),
        Column::VettedUntil => replace(&mut profile.vetted_until, &from.vetted_until),
        Column::Agency => replace(&mut profile.agency, &from.agency),
        Column::Serves => replace(&mut profile.serves, &from.serves),
        Column::Countries => replace(&mut profile.countries, &from.countries),
        Column::FavouriteOf => replace(&mut profile.favourite_of, &from.favourite_of),
        Column::Conflicts => replace(&mut profile.conflicts, &from.conflicts),
        Column::MinutesADay => replace(&mut profile.load.minutes_a_day, &from.load.minutes_a_day),
        Column::RestMinutes => replace(&mut profile.load.rest_minutes, &from.load.rest_minutes),
        Column::Active => replace(&mut profile.active, &from.active),
    }
}

fn replace<T: PartialEq + Clone>(place: &mut T, value: &T) -> bool {
    let differs = place != value;
    if differs {
        place.clone_from(value);
    }
    differs
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::parse;
    use super::*;

    const ROSTER: &str = "alias,languages,qualification,active\n\
        Heron,sq:native;en:fluent,interpreter,no\nWolf,sq:native;en:fluent,interpreter,yes";

    fn id(number: u128) -> MediatorId {
        MediatorId(Uuid::from_u128(number))
    }

    fn known() -> Known {
        let rows = parse(ROSTER).unwrap().rows;
        let mediators = rows.into_iter().zip(1..).map(|(row, n)| (id(n), row.result.unwrap().profile));
        let details = PrivateDetails { notes: Some("kept".into()), ..PrivateDetails::default() };
        Known { mediators: mediators.collect(), details: [(id(1), details)].into(), keeper: None }
    }

    fn judged(text: &str) -> Vec<Judged> {
        judge(&parse(text).unwrap(), &known())
    }

    #[test]
    fn a_column_that_is_left_out_and_notes_stay_as_they_are() {
        let text = format!(
            "id,alias,languages,qualification,name\n{},Heron,sq:native;en:fluent,sworn_interpreter,Ana",
            id(1)
        );
        let change = judged(&text).remove(0).result.unwrap();
        assert_eq!(change.columns, [Column::Name, Column::Qualification]);
        assert!(!change.profile.active);
        assert_eq!(change.details.notes.as_deref(), Some("kept"));
        assert!(change.is_of_profile() && change.is_of_details());
    }

    #[test]
    fn aliases_and_ids_that_are_taken_are_flagged_on_every_row_that_has_them() {
        let row = |id: String, alias: &str| format!("{id},{alias},sq:native;en:fluent,interpreter\n");
        let text = "id,alias,languages,qualification\n".to_owned()
            + &row(String::new(), "heron")
            + &row(String::new(), "Kite")
            + &row(String::new(), "KITE")
            + &row(id(9).to_string(), "Stork")
            + &row(id(2).to_string(), "Owl")
            + &row(id(2).to_string(), "Wolf");
        let columns: Vec<Vec<String>> = judged(&text)
            .into_iter()
            .map(|row| row.result.err().unwrap_or_default().into_iter().map(|error| error.column).collect())
            .collect();
        assert_eq!(columns, [["alias"], ["alias"], ["alias"], ["id"], ["id"], ["id"]]);
    }

    #[test]
    fn a_coordinator_of_an_agency_changes_its_own_and_nobody_else() {
        let mut known = known();
        let [own, other]: [AgencyCode; 2] = ["AL-BORDER", "RS-ASYL"].map(|code| code.parse().unwrap());
        known.keeper = Some(own.clone());
        for (number, agency) in [(1, &own), (2, &other)] {
            known.mediators.get_mut(&id(number)).unwrap().agency = Some(agency.clone());
        }
        let row = |id: String, alias: &str, agency: &str| {
            format!("{id},{alias},sq:native;en:fluent,interpreter,{agency}\n")
        };
        let text = "id,alias,languages,qualification,agency\n".to_owned()
            + &row(id(1).to_string(), "Crane", "AL-BORDER")
            + &row(id(1).to_string(), "Crane", "RS-ASYL")
            + &row(id(1).to_string(), "Crane", "")
            + &row(id(2).to_string(), "Wolf", "RS-ASYL")
            + &row(id(2).to_string(), "Wolf", "AL-BORDER")
            + &row(String::new(), "Kite", "")
            + &row(String::new(), "Stork", "RS-ASYL");
        let table = parse(&text).unwrap();
        // Each by itself: the same `id` twice in a file is another fault.
        let judged = table.rows.iter().map(|row| {
            let alone = Table { columns: table.columns.clone(), rows: vec![row.clone()] };
            judge(&alone, &known).remove(0).result
        });
        let found: Vec<Result<Option<AgencyCode>, Vec<String>>> = judged
            .map(|result| match result {
                Ok(change) => Ok(change.profile.agency),
                Err(errors) => Err(errors.into_iter().map(|error| error.column).collect()),
            })
            .collect();
        let wrong = |column: &str| Err(vec![column.to_owned()]);
        let (mine, agency, entry) = (Ok(Some(own)), wrong("agency"), wrong("id"));
        let expected = [&mine, &agency, &agency, &entry, &entry, &mine, &agency];
        assert_eq!(found.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn two_may_change_their_aliases_and_a_faulty_row_is_not_blamed_for_its_own() {
        let text = format!(
            "id,alias,languages,qualification\n{},Wolf,sq:native;en:fluent,interpreter\n{},Heron,sq:native;en,interpreter",
            id(1),
            id(2)
        );
        let rows = judged(&text);
        assert_eq!(rows[0].result.as_ref().unwrap().columns, [Column::Alias]);
        let errors = rows[1].result.as_ref().unwrap_err();
        assert_eq!(errors.iter().map(|error| error.column.as_str()).collect::<Vec<_>>(), ["languages"]);
    }
}
