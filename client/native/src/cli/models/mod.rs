//! `models`: which speech models there are, which lie on this machine, and how they do here.

mod bench;
mod fetch;
mod list;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use dragoman_client::{ClientError, Result};
use dragoman_speech::{Catalogue, ModelEntry, ModelSource, Shelf};

#[derive(Debug, Args)]
pub(crate) struct Models {
    #[command(subcommand)]
    command: Command,
    /// The folder of the models.
    #[arg(long, global = true, env = "DRAGOMAN_MODELS", default_value_os_t = Shelf::usual_folder())]
    dir: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show all models: size, memory, languages, published error rates, and what this machine does with those it has.
    List,
    /// Fetch a model, going on where an earlier try stopped, and check it.
    Fetch(fetch::Fetch),
    /// Use this model wherever none is named.
    Use(Use),
    /// Measure how fast models are on this machine and, with recordings and texts of your own, how many words they get wrong.
    Bench(bench::Bench),
}

#[derive(Debug, Args)]
struct Use {
    /// Its name; without one, the largest of those on this machine that was measured to keep up.
    name: Option<String>,
}

impl Models {
    pub(crate) async fn run(self) -> Result<()> {
        let shelf = Shelf::new(self.dir);
        let work = move || match self.command {
            Command::List => list::run(&shelf),
            Command::Fetch(fetch) => fetch.run(&shelf),
            Command::Use(choice) => choice.run(&shelf),
            Command::Bench(bench) => bench.run(&shelf),
        };
        // Files, the network and a model: nothing that an async thread may wait for.
        tokio::task::spawn_blocking(work).await.map_err(|error| failed(error.to_string()))?
    }
}

impl Use {
    fn run(self, shelf: &Shelf) -> Result<()> {
        let catalogue = catalogue()?;
        let entry = match &self.name {
            Some(name) => found(&catalogue, name)?,
            None => best(&catalogue, shelf).ok_or_else(|| {
                failed("no model was measured to keep up here: fetch one, then run `dragoman-client models bench`")
            })?,
        };
        let path = file_of(entry, shelf).ok_or_else(|| {
            failed(format!(
                "{} is not on this machine: run `dragoman-client models fetch {}`",
                entry.name, entry.name
            ))
        })?;
        let kept = shelf.choose(&entry.name);
        kept.map_err(|error| failed(format!("cannot write {}: {error}", shelf.folder().display())))?;
        println!("{} ({}) is used where no model is named", entry.name, path.display());
        Ok(())
    }
}

/// The model that a scribe uses: a file, a name of the catalogue, or the one that was chosen.
pub(crate) fn resolve(named: Option<&str>) -> Result<PathBuf> {
    let folder = std::env::var_os("DRAGOMAN_MODELS").map_or_else(Shelf::usual_folder, PathBuf::from);
    let shelf = Shelf::new(folder);
    let name = match named {
        Some(named) if Path::new(named).is_file() => return Ok(named.into()),
        Some(named) => named.to_owned(),
        None => shelf.chosen().ok_or_else(|| {
            failed("no model is named and none was chosen: give --model, or run `dragoman-client models use NAME`")
        })?,
    };
    let catalogue = catalogue()?;
    let entry = catalogue.find(&name).ok_or_else(|| {
        failed(format!("{name} is neither a file nor a model: see `dragoman-client models list`"))
    })?;
    file_of(entry, &shelf).ok_or_else(|| {
        failed(format!("{name} is not on this machine: run `dragoman-client models fetch {name}`"))
    })
}

/// The largest that keeps up, and of those rather one that is quick enough for captions while somebody speaks.
fn best<'a>(catalogue: &'a Catalogue, shelf: &Shelf) -> Option<&'a ModelEntry> {
    let measured = shelf.measured();
    let here = catalogue.models.iter().filter(|entry| file_of(entry, shelf).is_some());
    let able = here.filter_map(|entry| Some((entry, *measured.get(&entry.name)?)));
    let able = able.filter(|(_, measured)| measured.keeps_up());
    able.max_by_key(|(entry, measured)| (measured.is_live(), entry.bytes)).map(|(entry, _)| entry)
}

fn catalogue() -> Result<Catalogue> {
    Catalogue::built_in().map_err(|error| failed(format!("the catalogue can not be read: {error}")))
}

fn found<'a>(catalogue: &'a Catalogue, name: &str) -> Result<&'a ModelEntry> {
    let entry = catalogue.find(name);
    entry.ok_or_else(|| failed(format!("there is no model '{name}': see `dragoman-client models list`")))
}

/// On the shelf, or in the source tree where this program was built from one.
fn file_of(entry: &ModelEntry, shelf: &Shelf) -> Option<PathBuf> {
    let in_tree = match &entry.source {
        ModelSource::Path(path) => {
            Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models").join(path))
        }
        ModelSource::Url(_) => None,
    };
    shelf.find(entry).or(in_tree.filter(|path| path.is_file()))
}

fn failed(why: impl Into<String>) -> ClientError {
    ClientError::Model(why.into())
}
