//! The folder in which a machine keeps its models: which are there, which one is used, and how each was measured to do.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::catalogue::ModelEntry;
use crate::pace::{BUDGET, Pace};

/// Names the model that is used where none is named.
const CHOSEN: &str = "chosen";
const MEASURED: &str = "measured.json";

/// See the module's page.
#[derive(Clone, Debug)]
pub struct Shelf {
    folder: PathBuf,
}

/// What a model did on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Time to write down speech, by its length: below 1 it keeps up.
    pub real_time_factor: f64,
    /// How long one draft takes, in milliseconds, however short the speech.
    pub draft_ms: u64,
    /// With so many threads.
    pub threads: u16,
}

impl Measured {
    /// Whether captions come while somebody speaks.
    pub fn is_live(&self) -> bool {
        self.keeps_up() && self.draft_ms as f64 <= Pace::WORST_EVERY_MS as f64 * BUDGET
    }

    /// Whether lines come at all without gaps.
    pub fn keeps_up(&self) -> bool {
        self.real_time_factor <= BUDGET
    }
}

impl Shelf {
    /// The models in a folder, which need not be there yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The user's data folder, or the current one for users without a home.
    pub fn usual_folder() -> PathBuf {
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
        data.or_else(home).unwrap_or_default().join("dragoman/models")
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The model's file, if it is there in its full length. Whether it is the right one byte for byte is looked at when it is
    /// fetched and when it is loaded.
    pub fn find(&self, entry: &ModelEntry) -> Option<PathBuf> {
        let path = self.folder.join(&entry.file);
        let is_whole = path.metadata().is_ok_and(|file| file.is_file() && file.len() == entry.bytes);
        is_whole.then_some(path)
    }

    /// The name of the model that is used where none is named.
    pub fn chosen(&self) -> Option<String> {
        let name = fs::read_to_string(self.folder.join(CHOSEN)).ok()?;
        Some(name.trim().to_owned()).filter(|name| !name.is_empty())
    }

    /// Uses this one from now on.
    ///
    /// # Errors
    /// If the folder can not be written.
    pub fn choose(&self, name: &str) -> io::Result<()> {
        self.write(CHOSEN, name.as_bytes())
    }

    /// What was measured, by the models' names. What can not be read was not measured.
    pub fn measured(&self) -> BTreeMap<String, Measured> {
        let text = fs::read(self.folder.join(MEASURED)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Remembers what was measured.
    ///
    /// # Errors
    /// If the folder can not be written.
    pub fn note_measured(&self, name: &str, measured: Measured) -> io::Result<()> {
        let mut all = self.measured();
        all.insert(name.to_owned(), measured);
        self.write(MEASURED, &serde_json::to_vec_pretty(&all)?)
    }

    /// Whole or not at all.
    fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let part = self.folder.join(format!("{name}.part"));
        fs::write(&part, content)?;
        fs::rename(part, self.folder.join(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalogue;

    #[test]
    fn a_shelf_remembers_what_was_chosen_and_measured() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path().join("models"));
        assert_eq!((shelf.chosen(), shelf.measured().len()), (None, 0));
        shelf.choose("small-q5_1").unwrap();
        shelf.choose("medium-q5_0").unwrap();
        let measured = Measured { real_time_factor: 0.2, draft_ms: 300, threads: 4 };
        shelf.note_measured("small-q5_1", measured).unwrap();
        assert_eq!(shelf.chosen().as_deref(), Some("medium-q5_0"));
        assert_eq!(shelf.measured().get("small-q5_1"), Some(&measured));
        fs::write(shelf.folder().join(MEASURED), "nonsense").unwrap();
        assert!(shelf.measured().is_empty(), "what can not be read was not measured");
    }

    #[test]
    fn a_model_is_there_only_in_its_full_length() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(folder.path());
        let catalogue = Catalogue::built_in().unwrap();
        let entry = catalogue.find("test").unwrap();
        assert_eq!(shelf.find(entry), None);
        fs::write(folder.path().join(&entry.file), "short").unwrap();
        assert_eq!(shelf.find(entry), None);
    }

    #[test]
    fn what_keeps_up_is_told_by_what_was_measured() {
        let measured = |real_time_factor, draft_ms| Measured { real_time_factor, draft_ms, threads: 2 };
        assert!(measured(0.3, 900).is_live());
        assert!(measured(0.3, 1_200).keeps_up() && !measured(0.3, 1_200).is_live());
        assert!(!measured(0.7, 100).keeps_up() && !measured(0.7, 100).is_live());
    }
}
