//! Which weights a whisper.cpp model of given dimensions has: names, shapes and types, as its loader expects them.

use std::collections::HashMap;

use crate::model_file::ModelHeader;

/// How one tensor's numbers are stored; the values are ggml's type numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TensorType {
    pub(crate) ggml: i32,
    block: u64,
    block_bytes: u64,
}

impl TensorType {
    const F32: Self = Self { ggml: 0, block: 1, block_bytes: 4 };
    const F16: Self = Self { ggml: 1, block: 1, block_bytes: 2 };

    /// The type of the large matrices for a file type (`ftype`) of the header.
    pub(crate) fn of_file_type(ftype: i32) -> Option<Self> {
        let (ggml, block, block_bytes) = match ftype {
            0 => return Some(Self::F32),
            1 => return Some(Self::F16),
            2 => (2, 32, 18), // q4_0
            3 => (3, 32, 20), // q4_1
            7 => (8, 32, 34), // q8_0
            8 => (6, 32, 22), // q5_0
            9 => (7, 32, 24), // q5_1
            _ => return None,
        };
        Some(Self { ggml, block, block_bytes })
    }

    /// Whether numbers are stored in blocks with a common scale.
    pub(crate) fn is_quantised(self) -> bool {
        self.block > 1
    }
}

/// One tensor as it must be in the file. Dimensions are in ggml's order, fastest first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tensor {
    pub(crate) dimensions: [u64; 3],
    pub(crate) kind: TensorType,
}

impl Tensor {
    /// Bytes of its data in the file.
    pub(crate) fn bytes(&self) -> u64 {
        self.dimensions.iter().product::<u64>() / self.kind.block * self.kind.block_bytes
    }
}

/// All tensors that a model with this header has, by name. The header must have been checked before.
pub(crate) fn tensors_of(header: &ModelHeader, matrix: TensorType) -> HashMap<String, Tensor> {
    let convolution = if matrix == TensorType::F32 { TensorType::F32 } else { TensorType::F16 };
    let state = u64::from(header.n_audio_state);
    let mut all = HashMap::new();
    let mut add = |name: String, dimensions: [u64; 3], kind: TensorType| {
        all.insert(name, Tensor { dimensions, kind });
    };
    let vector = |length: u64| [length, 1, 1];

    add("encoder.positional_embedding".into(), [state, u64::from(header.n_audio_ctx), 1], TensorType::F32);
    add("encoder.conv1.weight".into(), [3, u64::from(header.n_mels), state], convolution);
    add("encoder.conv1.bias".into(), [1, state, 1], TensorType::F32);
    add("encoder.conv2.weight".into(), [3, state, state], convolution);
    add("encoder.conv2.bias".into(), [1, state, 1], TensorType::F32);
    add("encoder.ln_post.weight".into(), vector(state), TensorType::F32);
    add("encoder.ln_post.bias".into(), vector(state), TensorType::F32);
    add("decoder.positional_embedding".into(), [state, u64::from(header.n_text_ctx), 1], TensorType::F32);
    add("decoder.token_embedding.weight".into(), [state, u64::from(header.n_vocab), 1], matrix);
    add("decoder.ln.weight".into(), vector(state), TensorType::F32);
    add("decoder.ln.bias".into(), vector(state), TensorType::F32);

    let mut add_block = |prefix: String, attentions: &[&str]| {
        for (part, inputs, outputs) in [("mlp.0", state, 4 * state), ("mlp.2", 4 * state, state)] {
            add(format!("{prefix}.{part}.weight"), [inputs, outputs, 1], matrix);
            add(format!("{prefix}.{part}.bias"), vector(outputs), TensorType::F32);
        }
        add(format!("{prefix}.mlp_ln.weight"), vector(state), TensorType::F32);
        add(format!("{prefix}.mlp_ln.bias"), vector(state), TensorType::F32);
        for attention in attentions {
            add(format!("{prefix}.{attention}_ln.weight"), vector(state), TensorType::F32);
            add(format!("{prefix}.{attention}_ln.bias"), vector(state), TensorType::F32);
            for part in ["query", "key", "value", "out"] {
                add(format!("{prefix}.{attention}.{part}.weight"), [state, state, 1], matrix);
                // Whisper's keys have no bias.
                if part != "key" {
                    add(format!("{prefix}.{attention}.{part}.bias"), vector(state), TensorType::F32);
                }
            }
        }
    };
    for layer in 0..header.n_audio_layer {
        add_block(format!("encoder.blocks.{layer}"), &["attn"]);
    }
    for layer in 0..header.n_text_layer {
        add_block(format!("decoder.blocks.{layer}"), &["attn", "cross_attn"]);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_of_the_official_tiny_model_add_up() {
        let tiny = ModelHeader {
            n_vocab: 51_865,
            n_audio_ctx: 1500,
            n_audio_state: 384,
            n_audio_head: 6,
            n_audio_layer: 4,
            n_text_ctx: 448,
            n_text_state: 384,
            n_text_head: 6,
            n_text_layer: 4,
            n_mels: 80,
            ftype: 1,
        };
        let tensors = tensors_of(&tiny, TensorType::of_file_type(1).unwrap());
        assert_eq!(tensors.len(), 167); // whisper.cpp's "n_tensors = 10 + 15 + 15·layers + 24·layers" is an upper bound
        // The file is 77,691,713 bytes, of which filters (80·201 floats), vocabulary and tensor headers are the rest.
        let weights: u64 = tensors.values().map(Tensor::bytes).sum();
        assert!((77_000_000..77_691_713 - 80 * 201 * 4).contains(&weights), "{weights}");
    }
}
