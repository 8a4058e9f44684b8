//! Names of languages in the languages of papers: the tables of the screens, so that both call a language the same.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use dragoman_core::language::LanguageTag;

use crate::labels::PaperLanguage;

/// By the language of the paper, then by tag.
type Table = BTreeMap<String, BTreeMap<String, String>>;

/// First the names that the CLDR tables lack or fold into a neighbour, then those tables.
static TABLES: LazyLock<[Table; 2]> = LazyLock::new(|| {
    [
        include_str!("../../../client/web/src/lib/language_overrides.json"),
        include_str!("../../../client/web/src/lib/language_names.json"),
    ]
    .map(|table| serde_json::from_str(table).unwrap_or_default())
});

/// The name with the tag, which says what no name of another tongue says exactly: "Arabic (Iraqi) [acm]".
pub(crate) fn language_name(tag: &LanguageTag, paper: PaperLanguage) -> String {
    let named = |key: &str| TABLES.iter().find_map(|table| table.get(paper.tag())?.get(key));
    match named(tag.as_str()).or_else(|| named(tag.primary())) {
        Some(name) => format!("{name} [{tag}]"),
        None => format!("[{tag}]"),
    }
}

#[cfg(test)]
mod tests {
    use dragoman_core::language::SEED;

    use super::*;

    #[test]
    fn every_language_of_the_seed_has_a_name_in_every_paper() {
        for paper in [PaperLanguage::En, PaperLanguage::Sq, PaperLanguage::Sr] {
            for tag in SEED {
                let name = language_name(&tag.parse().unwrap(), paper);
                assert!(!name.starts_with('['), "{tag} has no name in {paper:?}");
            }
        }
        assert_eq!(language_name(&"acm".parse().unwrap(), PaperLanguage::En), "Arabic (Iraqi) [acm]");
        assert_eq!(language_name(&"zxx".parse().unwrap(), PaperLanguage::Sr), "[zxx]");
    }
}
