//! Which heads of a decoder follow the sound: by them whisper.cpp tells when each word was said.

use whisper_rs::{DtwMode, DtwModelPreset};

use crate::model_file::ModelHeader;

/// For OpenAI's models the heads that OpenAI found (`whisper/__init__.py`, `_ALIGNMENT_HEADS`), told by the model's
/// dimensions and not by its name, which may be any: a head that a model does not have would be read all the same. For any
/// other model the upper half of its decoder.
pub(crate) fn alignment_of(header: &ModelHeader) -> DtwMode<'static> {
    let is_english = header.language_count() == 0;
    let layers = (header.n_audio_layer, header.n_text_layer);
    let preset = match (layers, header.n_text_state, header.n_text_head) {
        ((4, 4), 384, 6) if is_english => DtwModelPreset::TinyEn,
        ((4, 4), 384, 6) => DtwModelPreset::Tiny,
        ((6, 6), 512, 8) if is_english => DtwModelPreset::BaseEn,
        ((6, 6), 512, 8) => DtwModelPreset::Base,
        ((12, 12), 768, 12) if is_english => DtwModelPreset::SmallEn,
        ((12, 12), 768, 12) => DtwModelPreset::Small,
        ((24, 24), 1024, 16) if is_english => DtwModelPreset::MediumEn,
        ((24, 24), 1024, 16) => DtwModelPreset::Medium,
        // Versions 1 and 2 are alike from outside; nobody has reason to use the first.
        ((32, 32), 1280, 20) if header.n_mels == 80 => DtwModelPreset::LargeV2,
        ((32, 32), 1280, 20) => DtwModelPreset::LargeV3,
        ((32, 4), 1280, 20) => DtwModelPreset::LargeV3Turbo,
        _ => {
            let half = (header.n_text_layer / 2).max(1);
            return DtwMode::TopMost { n_top: i32::try_from(half).unwrap_or(1) };
        }
    };
    DtwMode::ModelPreset { model_preset: preset }
}
