//! `models fetch NAME`: from the network, or from a stick.

use std::path::{Path, PathBuf};

use clap::Args;
use dragoman_client::Result;
use dragoman_speech::{
    FetchError, ModelEntry, ModelSource, Progress, Shelf, Step, WhisperLanguage, fetch, take,
};
use indicatif::{ProgressBar, ProgressStyle};

use super::{catalogue, failed, file_of, found};

/// Languages of the region and the route for which a caution is shown where a model is chosen (Whisper's codes).
const REGION: [&str; 12] = ["en", "sq", "sr", "bs", "hr", "mk", "ar", "fa", "tr", "ur", "fr", "ru"];

#[derive(Debug, Args)]
pub(super) struct Fetch {
    /// Name of the model, as `models list` shows it.
    name: String,
    /// Take it from this folder or file, such as a stick, and not from the network. It is checked all the same.
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,
}

impl Fetch {
    pub(super) fn run(self, shelf: &Shelf) -> Result<()> {
        let catalogue = catalogue()?;
        let entry = found(&catalogue, &self.name)?;
        let path = match (&self.from, &entry.source) {
            (Some(from), _) => {
                let copy = if from.is_dir() { from.join(&entry.file) } else { from.clone() };
                with_bar(entry, |progress| take(entry, &copy, shelf.folder(), progress))?
            }
            (None, ModelSource::Path(_)) => checked_in_tree(entry, shelf)?,
            (None, ModelSource::Url(_)) => {
                with_bar(entry, |progress| fetch(entry, shelf.folder(), progress))?
            }
        };
        eprintln!("{}", entry.notes);
        for language in REGION.iter().filter_map(|code| WhisperLanguage::from_code(code)) {
            if let Some(caution) = entry.caution_for(language) {
                eprintln!("{caution}");
            }
        }
        println!("{}", path.display());
        Ok(())
    }
}

/// The file that comes with the source tree.
fn checked_in_tree(entry: &ModelEntry, shelf: &Shelf) -> Result<PathBuf> {
    let missing =
        || failed(format!("{} comes with the source tree, and this program was not built there", entry.name));
    let path = file_of(entry, shelf).ok_or_else(missing)?;
    match entry.matches_file(&path) {
        Ok(true) => Ok(path),
        Ok(false) => {
            Err(failed(format!("{} is not the file of the catalogue: check it out again", path.display())))
        }
        Err(error) => Err(failed(format!("{}: {error}", shown(&path)))),
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn with_bar(
    entry: &ModelEntry,
    work: impl FnOnce(&mut dyn FnMut(Progress)) -> std::result::Result<PathBuf, FetchError>,
) -> Result<PathBuf> {
    let bar = ProgressBar::new(entry.bytes);
    let style = "{prefix:>9} {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style).map_err(|error| failed(error.to_string()))?);
    let mut last = None;
    let path = work(&mut |Progress { step, done, .. }| {
        if last.replace(step) != Some(step) {
            bar.set_prefix(match step {
                Step::Downloading => "fetching",
                Step::Checking => "checking",
            });
            // What an earlier try left does not count as speed.
            bar.set_position(done);
            bar.reset_eta();
        }
        bar.set_position(done);
    });
    bar.finish_and_clear();
    path.map_err(|error| failed(error.to_string()))
}
