//! What papers say by themselves, in each of their languages. Roles are called as on the screens. Whoever did something
//! stands after a colon, in the nominative: names are not inflected, and nobody's sex is guessed.

use std::str::FromStr;

use dragoman_core::interpreting::Mode;
use dragoman_core::session_types::Role;
use dragoman_core::transcript::GapReason;

/// The language of a paper.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PaperLanguage {
    /// English.
    En,
    /// Albanian.
    Sq,
    /// Serbian, in Latin script.
    Sr,
}

/// No paper is written in that language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("papers are written in en, sq or sr")]
pub struct NotAPaperLanguage;

impl FromStr for PaperLanguage {
    type Err = NotAPaperLanguage;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::En, Self::Sq, Self::Sr].into_iter().find(|one| one.tag() == text).ok_or(NotAPaperLanguage)
    }
}

impl PaperLanguage {
    /// As in addresses and in the tables of language names.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Sq => "sq",
            Self::Sr => "sr",
        }
    }

    /// For programs that read a file aloud or hyphenate it (BCP 47).
    pub(crate) fn bcp47(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Sq => "sq",
            Self::Sr => "sr-Latn",
        }
    }

    pub(crate) fn labels(self) -> &'static Labels {
        match self {
            Self::En => &EN,
            Self::Sq => &SQ,
            Self::Sr => &SR,
        }
    }
}

/// Words and sentences; `{…}` are filled in by [`fill`].
#[derive(Debug)]
pub(crate) struct Labels {
    pub(crate) title: &'static str,
    pub(crate) session: &'static str,
    pub(crate) begin: &'static str,
    pub(crate) end: &'static str,
    pub(crate) time_zone: &'static str,
    pub(crate) languages: &'static str,
    pub(crate) via: &'static str,
    pub(crate) certificate: &'static str,
    pub(crate) nobody_interpreted: &'static str,
    pub(crate) register_number: &'static str,
    pub(crate) none_given: &'static str,
    pub(crate) spoken_instead: &'static str,
    pub(crate) turns: &'static str,
    pub(crate) no_turn: &'static str,
    pub(crate) modes: &'static str,
    pub(crate) no_mode: &'static str,
    pub(crate) consecutive: &'static str,
    pub(crate) simultaneous: &'static str,
    pub(crate) whispered: &'static str,
    pub(crate) about: &'static str,
    pub(crate) about_text: &'static str,
    pub(crate) session_record: &'static str,
    pub(crate) review_record: &'static str,
    pub(crate) record_entries: &'static str,
    pub(crate) lines: &'static str,
    pub(crate) no_lines: &'static str,
    pub(crate) officer: &'static str,
    pub(crate) interviewee: &'static str,
    pub(crate) mediator: &'static str,
    pub(crate) observer: &'static str,
    pub(crate) scribe: &'static str,
    pub(crate) unknown_speaker: &'static str,
    pub(crate) by_register: &'static str,
    pub(crate) by_service: &'static str,
    pub(crate) machine_draft: &'static str,
    pub(crate) machine_draft_certified: &'static str,
    pub(crate) doubtful: &'static str,
    pub(crate) broken_off: &'static str,
    pub(crate) corrected: &'static str,
    pub(crate) certified: &'static str,
    pub(crate) before_machine: &'static str,
    pub(crate) before_corrected: &'static str,
    pub(crate) gap: &'static str,
    pub(crate) too_slow: &'static str,
    pub(crate) model_failed: &'static str,
    pub(crate) note: &'static str,
    pub(crate) notes_on_the_whole: &'static str,
    pub(crate) footer: &'static str,
    pub(crate) page: &'static str,
}

impl Labels {
    pub(crate) fn role(&self, role: Role) -> &'static str {
        match role {
            Role::Officer => self.officer,
            Role::Interviewee => self.interviewee,
            Role::Mediator => self.mediator,
            Role::Observer => self.observer,
            Role::Scribe => self.scribe,
        }
    }

    pub(crate) fn mode(&self, mode: Mode) -> &'static str {
        match mode {
            Mode::Consecutive => self.consecutive,
            Mode::Simultaneous => self.simultaneous,
            Mode::Whispered => self.whispered,
        }
    }

    pub(crate) fn gap_reason(&self, why: GapReason) -> &'static str {
        match why {
            GapReason::TooSlow => self.too_slow,
            GapReason::ModelFailed => self.model_failed,
        }
    }
}

/// Fills a sentence's places in one pass: a name with braces in it is a name, and no place.
pub(crate) fn fill(sentence: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(sentence.len());
    let mut rest = sentence;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (place, after) = after.split_once('}').unwrap_or((after, ""));
        filled.push_str(values.iter().find(|(name, _)| *name == place).map_or("", |(_, value)| value));
        rest = after;
    }
    filled + rest
}

const EN: Labels = Labels {
    title: "Transcript of an interpreted interview",
    session: "Session",
    begin: "Begin",
    end: "End",
    time_zone: "Time zone",
    languages: "Languages",
    via: "Through",
    certificate: "Certificate of interpretation",
    nobody_interpreted: "Nobody interpreted in this session.",
    register_number: "Register number",
    none_given: "none given",
    spoken_instead: "Spoken instead",
    turns: "Interpreted",
    no_turn: "no turn",
    modes: "Modes",
    no_mode: "nothing was interpreted",
    consecutive: "Consecutive",
    simultaneous: "Simultaneous",
    whispered: "Whispered",
    about: "About this transcript",
    about_text: "Each line says where its text comes from: a draft by a machine, which nobody has checked; a text \
                 that somebody of the session has corrected; or a text of which somebody of the session certifies \
                 that it says what was said. Under each corrected line stands what was written before. This paper \
                 follows from the sealed record of the session. Whoever has the record can check it with \
                 “dragoman-relay verify” and compare the hashes below. This paper says nothing about anybody’s \
                 credibility.",
    session_record: "Record",
    review_record: "Review",
    record_entries: "entries: {entries}",
    lines: "What was said",
    no_lines: "Nothing was transcribed.",
    officer: "Officer",
    interviewee: "Interviewee",
    mediator: "Interpreter",
    observer: "Observer",
    scribe: "Transcribing device",
    unknown_speaker: "Unknown speaker",
    by_register: "register no. {number}",
    by_service: "service no. {number}",
    machine_draft: "Machine draft, not checked ({model})",
    machine_draft_certified: "Text as in the machine draft ({model})",
    doubtful: "doubtful",
    broken_off: "broken off",
    corrected: "Corrected by {who} on {at}",
    certified: "Certified by {who} on {at}",
    before_machine: "Before, in the machine draft ({model}):",
    before_corrected: "Before, as corrected by {who} on {at}:",
    gap: "[no text of {seconds} s of speech: {why}]",
    too_slow: "the transcribing device was too slow",
    model_failed: "the speech model failed",
    note: "Note by {who}, {at}:",
    notes_on_the_whole: "Notes on the whole transcript",
    footer: "Session {session} · record hash {hash}",
    page: "page {page} of {pages}",
};

const SQ: Labels = Labels {
    title: "Transkript i një interviste të përkthyer",
    session: "Seanca",
    begin: "Fillimi",
    end: "Përfundimi",
    time_zone: "Zona kohore",
    languages: "Gjuhët",
    via: "Nëpërmjet",
    certificate: "Vërtetim për përkthimin",
    nobody_interpreted: "Në këtë seancë nuk ka përkthyer askush.",
    register_number: "Numri i regjistrit",
    none_given: "nuk është dhënë",
    spoken_instead: "U fol në vend të saj",
    turns: "Ka përkthyer",
    no_turn: "asnjë radhë",
    modes: "Mënyrat",
    no_mode: "nuk u përkthye asgjë",
    consecutive: "Përkthim konsekutiv",
    simultaneous: "Përkthim simultan",
    whispered: "Përkthim me pëshpëritje",
    about: "Rreth këtij transkripti",
    about_text: "Çdo rresht tregon se nga vjen teksti i tij: draft i makinës, të cilin nuk e ka kontrolluar askush; \
                 tekst i korrigjuar nga një pjesëmarrës i seancës; ose tekst, për të cilin një pjesëmarrës i seancës \
                 vërteton se përmban atë që u tha. Nën çdo rresht të korrigjuar qëndron teksti i mëparshëm. Ky \
                 dokument rrjedh nga dosja e vulosur e seancës. Kush e ka dosjen, mund ta kontrollojë \
                 me “dragoman-relay verify” dhe t’i krahasojë vlerat hash më poshtë. Ky dokument nuk thotë asgjë për \
                 besueshmërinë e askujt.",
    session_record: "Dosja",
    review_record: "Rishikimi",
    record_entries: "shënime: {entries}",
    lines: "Çfarë u tha",
    no_lines: "Nuk u transkriptua asgjë.",
    officer: "Zyrtari",
    interviewee: "Personi i intervistuar",
    mediator: "Përkthyesi",
    observer: "Vëzhguesi",
    scribe: "Pajisja e transkriptimit",
    unknown_speaker: "Folës i panjohur",
    by_register: "nr. i regjistrit {number}",
    by_service: "nr. i shërbimit {number}",
    machine_draft: "Draft i makinës, i pakontrolluar ({model})",
    machine_draft_certified: "Teksti si në draftin e makinës ({model})",
    doubtful: "i pasigurt",
    broken_off: "i ndërprerë",
    corrected: "Korrigjuar: {who}, më {at}",
    certified: "Vërtetuar: {who}, më {at}",
    before_machine: "Më parë, në draftin e makinës ({model}):",
    before_corrected: "Më parë, korrigjuar: {who}, më {at}:",
    gap: "[{seconds} s të folur pa tekst: {why}]",
    too_slow: "pajisja e transkriptimit ishte tepër e ngadaltë",
    model_failed: "modeli i njohjes së të folurit dështoi",
    note: "Shënim: {who}, {at}:",
    notes_on_the_whole: "Shënime për të gjithë transkriptin",
    footer: "Seanca {session} · hash i dosjes {hash}",
    page: "faqja {page} nga {pages}",
};

const SR: Labels = Labels {
    title: "Transkript prevođenog razgovora",
    session: "Sesija",
    begin: "Početak",
    end: "Kraj",
    time_zone: "Vremenska zona",
    languages: "Jezici",
    via: "Preko",
    certificate: "Potvrda o prevođenju",
    nobody_interpreted: "U ovoj sesiji niko nije prevodio.",
    register_number: "Broj u registru",
    none_given: "nije naveden",
    spoken_instead: "Umesto toga govoreno",
    turns: "Prevodio/la",
    no_turn: "bez smene",
    modes: "Načini",
    no_mode: "ništa nije prevođeno",
    consecutive: "Konsekutivno",
    simultaneous: "Simultano",
    whispered: "Šapatom",
    about: "O ovom transkriptu",
    about_text: "Uz svaki red stoji odakle potiče njegov tekst: mašinska skica, koju niko nije proverio; tekst koji \
                 je ispravio neko od učesnika sesije; ili tekst za koji neko od učesnika potvrđuje da sadrži ono \
                 što je rečeno. Ispod svakog ispravljenog reda stoji prethodni tekst. Ovaj dokument proizlazi iz \
                 zapečaćenog zapisa sesije. Ko ima zapis, može ga proveriti programom „dragoman-relay verify“ i \
                 uporediti heš-vrednosti navedene ispod. Ovaj dokument ništa ne govori o bilo čijoj verodostojnosti.",
    session_record: "Zapis",
    review_record: "Pregled",
    record_entries: "stavki: {entries}",
    lines: "Šta je rečeno",
    no_lines: "Ništa nije transkribovano.",
    officer: "Službenik",
    interviewee: "Ispitanik",
    mediator: "Prevodilac",
    observer: "Posmatrač",
    scribe: "Uređaj za transkripciju",
    unknown_speaker: "Nepoznat govornik",
    by_register: "br. u registru {number}",
    by_service: "službeni br. {number}",
    machine_draft: "Mašinska skica, neproverena ({model})",
    machine_draft_certified: "Tekst kao u mašinskoj skici ({model})",
    doubtful: "nesigurno",
    broken_off: "prekinuto",
    corrected: "Ispravljeno: {who}, {at}",
    certified: "Potvrđeno: {who}, {at}",
    before_machine: "Prethodno, u mašinskoj skici ({model}):",
    before_corrected: "Prethodno, ispravljeno: {who}, {at}:",
    gap: "[{seconds} s govora bez teksta: {why}]",
    too_slow: "uređaj za transkripciju je bio prespor",
    model_failed: "model za prepoznavanje govora je otkazao",
    note: "Napomena: {who}, {at}:",
    notes_on_the_whole: "Napomene o celom transkriptu",
    footer: "Sesija {session} · heš zapisa {hash}",
    page: "strana {page} od {pages}",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once() {
        let values = [("who", "{at}"), ("at", "noon")];
        assert_eq!(fill("by {who} at {at}", &values), "by {at} at noon");
        assert_eq!(fill("open {who", &values), "open {at}");
    }
}
