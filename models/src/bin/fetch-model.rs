//! `fetch-model NAME`: fetches a speech model from the catalogue and checks it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use dragoman_speech::{
    Catalogue, KnownLanguages, ModelEntry, ModelSource, Progress, Step, WhisperLanguage, fetch,
};
use indicatif::{ProgressBar, ProgressStyle};

/// Fetches a speech model, continuing where an earlier try stopped, and checks its SHA-256.
#[derive(Parser)]
#[command(name = "fetch-model", version)]
struct Arguments {
    /// Name of the model, as --list shows it.
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// Folder to put it into.
    #[arg(long, env = "DRAGOMAN_MODELS", default_value_os_t = default_folder())]
    dir: PathBuf,
    /// Show all models, what they need and what they are good for.
    #[arg(long)]
    list: bool,
}

/// Languages of the region and the route for which a caution is shown where a model is chosen (Whisper's codes).
const REGION: [&str; 12] = ["en", "sq", "sr", "bs", "hr", "mk", "ar", "fa", "tr", "ur", "fr", "ru"];

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fetch-model: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let catalogue = Catalogue::built_in()?;
    let Some(name) = arguments.name.as_deref().filter(|_| !arguments.list) else {
        list(&catalogue);
        return Ok(());
    };
    let entry =
        catalogue.find(name).ok_or_else(|| format!("there is no model '{name}': see fetch-model --list"))?;
    let path = match &entry.source {
        ModelSource::Path(path) => checked_in_tree(entry, path)?,
        ModelSource::Url(_) => fetch_with_bar(entry, &arguments.dir)?,
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

fn checked_in_tree(entry: &ModelEntry, path: &str) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    match entry.matches_file(&path) {
        Ok(true) => Ok(path),
        Ok(false) => {
            Err(format!("{} is not the file of the catalogue: check it out again", path.display()).into())
        }
        Err(error) => Err(format!("{}: {error}", path.display()).into()),
    }
}

fn fetch_with_bar(entry: &ModelEntry, folder: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let bar = ProgressBar::new(entry.bytes);
    bar.set_style(ProgressStyle::with_template(
        "{prefix:>9} {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
    )?);
    let mut last = None;
    let path = fetch(entry, folder, &mut |Progress { step, done, .. }| {
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
    Ok(path?)
}

fn list(catalogue: &Catalogue) {
    println!("{:<22} {:>8} {:>8}  {:<12} notes", "name", "file", "memory", "languages");
    for entry in &catalogue.models {
        let languages = match &entry.languages {
            KnownLanguages::Multilingual => "multilingual".to_owned(),
            KnownLanguages::Only(codes) => {
                codes.iter().map(|language| language.code()).collect::<Vec<_>>().join(" ")
            }
        };
        let (file, memory) = (entry.bytes / 1_000_000, entry.memory_mb);
        println!("{:<22} {file:>5} MB {memory:>5} MB  {languages:<12} {}", entry.name, entry.notes);
    }
}

/// The user's data folder, or the current one for users without a home.
fn default_folder() -> PathBuf {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    data.or_else(home).unwrap_or_default().join("dragoman/models")
}
