//! `dragoman-client models`, as a person types it: from a stick onto this machine, chosen, measured, and what is said where
//! something is wrong.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests, which may panic"
)]

use std::path::Path;
use std::process::{Command, Output};

use dragoman_tests::relay::client_program;
use dragoman_tests::speech::{Phrases, speak};
use dragoman_tests::written::small_model;
use serde_json::Value;

fn models(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(client_program().unwrap());
    command.arg("models").args(arguments).arg("--dir").arg(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn complained(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_model_comes_from_a_stick_is_measured_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = folder.path().join("models");
    let model = small_model();
    let stick = model.parent().unwrap().to_str().unwrap();
    assert!(said(&models(&shelf, &["list"])).contains("medium-q5_0"));
    let why = complained(&models(&shelf, &["use"]));
    assert!(why.contains("models bench"), "{why}");
    let path = said(&models(&shelf, &["fetch", "test", "--from", stick]));
    assert_eq!(Path::new(path.trim()), shelf.join("ggml-dragoman-test.bin"));

    // Recordings of one's own: two in each language.
    let phrases = Phrases::read().unwrap();
    for (code, texts) in [("en", &phrases.en), ("sq", &phrases.sq)] {
        let of_language = folder.path().join("recordings").join(code);
        std::fs::create_dir_all(&of_language).unwrap();
        for number in [4, 12] {
            let wav = of_language.join(format!("{number}.wav"));
            speak(&texts[number], &format!("{code}+f3"), 150, &wav).unwrap();
            std::fs::write(wav.with_extension("txt"), &texts[number]).unwrap();
        }
    }
    let recordings = folder.path().join("recordings");
    let report =
        said(&models(&shelf, &["bench", "test", "--json", "--folder", recordings.to_str().unwrap()]));
    let report: Value = serde_json::from_str(report.lines().last().unwrap()).unwrap();
    let of_model = &report["models"][0];
    println!("{of_model}");
    for code in ["en", "sq"] {
        assert!(of_model["languages"][code]["word_error_rate"].as_f64().unwrap() <= 0.2, "{of_model}");
    }
    assert!(
        of_model["real_time_factor"].as_f64().unwrap() > 0.0 && of_model["draft_ms"].as_u64().unwrap() > 0
    );

    let said_of_use = said(&models(&shelf, &["use"]));
    assert!(said_of_use.starts_with("test "), "{said_of_use}");
    let list = said(&models(&shelf, &["list"]));
    let line = list.lines().find(|line| line.starts_with("test ")).unwrap();
    assert!(line.contains("[used]") && line.contains("times as fast as speech"), "{line}");
}

#[test]
fn what_is_wrong_is_said_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = folder.path().join("models");
    let wrong = folder.path().join("ggml-tiny.bin");
    std::fs::write(&wrong, "not a model").unwrap();
    for (arguments, expected) in [
        (&["fetch", "huge"][..], "models list"),
        (&["use", "tiny"], "models fetch tiny"),
        (&["bench", "tiny"], "models fetch tiny"),
        (&["fetch", "tiny", "--from", wrong.to_str().unwrap()], "should be 77691713"),
        (&["fetch", "tiny", "--from", "/nowhere"], "Is the stick still there"),
        (&["bench", "test", "--folder", folder.path().to_str().unwrap()], ".txt beside it"),
    ] {
        let why = complained(&models(&shelf, arguments));
        assert!(why.contains(expected), "{arguments:?}: {why}");
    }
}
