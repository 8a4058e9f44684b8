//! Writes a sample transcript in all formats and languages, to look at: `sample_papers FOLDER`.

#[path = "../tests/sample/mod.rs"]
#[allow(dead_code, missing_docs, clippy::unwrap_used)]
mod sample;

use std::error::Error;
use std::path::PathBuf;

use chrono_tz::Tz;
use dragoman_papers::{Format, Options, PaperLanguage, schema, write};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: sample_papers FOLDER")?);
    std::fs::create_dir_all(&folder)?;
    let document = sample::document();
    for language in [PaperLanguage::En, PaperLanguage::Sq, PaperLanguage::Sr] {
        let options = Options { language, time_zone: Tz::Europe__Belgrade };
        for format in Format::ALL {
            let file = folder.join(format!("{}.{}", language.tag(), format.extension()));
            std::fs::write(file, write(&document, format, &options)?)?;
        }
    }
    std::fs::write(folder.join("schema.json"), serde_json::to_vec_pretty(&schema())?)?;
    Ok(())
}
