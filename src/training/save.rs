//! A trained network as a model folder.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::{Trained, onnx};
use crate::codebook::Stance;
use crate::model::ModelError;
use crate::model::folder::{self, ModelConfig, ModelFolder};
use crate::model::weights::{self, Precision};

/// The files of a model folder, in memory; `config.json` is written from `config`.
pub struct FolderFiles {
    pub config: ModelConfig,
    pub files: BTreeMap<&'static str, Vec<u8>>,
}

/// The folder's files for these weights. The encoder is stored in f16 and quantised from that,
/// so that both forms come from one source.
pub fn files(trained: &Trained) -> Result<FolderFiles, ModelError> {
    let encoder = weights::write(&trained.encoder_weights, Precision::F16)?;
    let onnx = onnx::int8_encoder(&weights::read(&encoder)?, &trained.encoder)?;
    let files = BTreeMap::from([
        (folder::ONNX, onnx),
        (folder::SAFETENSORS, encoder),
        (
            folder::HEADS,
            weights::write(&trained.head_weights, Precision::F32)?,
        ),
        (folder::TOKENIZER, trained.tokenizer.clone()),
    ]);
    let config = ModelConfig {
        name: trained.name.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        encoder: trained.encoder.clone(),
        windows: trained.windows,
        stances: Stance::ALL.to_vec(),
        issues: trained.issues.clone(),
        calibration: trained.calibration,
        training: trained.record.clone(),
        files: files
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), folder::sha256(bytes)))
            .collect(),
    };
    Ok(FolderFiles { config, files })
}

/// Write a model folder. `config.json`, which names the others' checksums, comes last.
pub fn write(trained: &Trained, path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
    let folder = files(trained)?;
    let config = config_bytes(&folder.config)?;
    for (name, bytes) in folder.files.iter().chain([(&folder::CONFIG, &config)]) {
        atomically(&path.join(name), bytes)?;
    }
    Ok(())
}

/// Write a folder's `model.onnx` anew from its `model.safetensors`.
pub fn quantise(path: &Path) -> anyhow::Result<()> {
    let open = ModelFolder::open(path)?;
    let encoder = weights::read(&open.read(folder::SAFETENSORS)?)?;
    let onnx = onnx::int8_encoder(&encoder, &open.config.encoder)?;
    let mut config = open.config;
    config
        .files
        .insert(folder::ONNX.into(), folder::sha256(&onnx));
    atomically(&path.join(folder::ONNX), &onnx)?;
    atomically(&path.join(folder::CONFIG), &config_bytes(&config)?)
}

fn config_bytes(config: &ModelConfig) -> anyhow::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(config)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Write a file whole or not at all.
pub fn atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.persist(path)?;
    Ok(())
}

/// Hexadecimal SHA-256 of a file.
pub fn file_sha256(path: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(folder::sha256(&bytes))
}
