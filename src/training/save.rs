//! A trained network as a model folder.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::Context;

use super::{Trained, int8};
use crate::annotations::AnnotatedArticle;
use crate::codebook::Stance;
use crate::model::ModelError;
use crate::model::folder::{self, ModelConfig};
use crate::model::tokens::WordPieces;
use crate::model::weights::{self, Precision};
use crate::model::windows::{self, Window, WindowSizes};
use crate::scores::Output;

/// The files of a model folder, in memory; `config.json` is written from `config`.
pub struct FolderFiles {
    pub config: ModelConfig,
    pub files: BTreeMap<&'static str, Vec<u8>>,
}

/// The folder's files for these weights, without the int8 form. The encoder is stored in f16.
pub fn files(trained: &Trained) -> Result<FolderFiles, ModelError> {
    let files = BTreeMap::from([
        (
            folder::SAFETENSORS,
            weights::write(&trained.encoder_weights, Precision::F16)?,
        ),
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

/// Write a model folder. `config.json`, which names the others' checksums, comes last. The int8
/// form is made from the f16 one, so that both come from one source; `samples` are annotated
/// articles to quantise by.
pub fn write(trained: &Trained, samples: &[AnnotatedArticle], path: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(path).with_context(|| format!("cannot make {}", path.display()))?;
    let FolderFiles { mut config, files } = files(trained)?;
    let pieces = WordPieces::new(&trained.tokenizer)?;
    let windows = sample_windows(samples, &pieces, config.windows)?;
    let encoder = weights::read(&files[folder::SAFETENSORS])?;
    let int8 = int8::encoder(&encoder, &config.encoder, &windows)?;
    let checksum = folder::sha256(&int8);
    config.files.insert(folder::INT8.into(), checksum);
    let config = config_bytes(&config)?;
    let last = [(&folder::INT8, &int8), (&folder::CONFIG, &config)];
    for (name, bytes) in files.iter().chain(last) {
        atomically(&path.join(name), bytes)?;
    }
    Ok(())
}

/// So many windows tell what the encoder's layers are fed.
const SAMPLES: usize = 64;

/// A window each from articles all over the corpus.
fn sample_windows(
    articles: &[AnnotatedArticle],
    pieces: &WordPieces,
    sizes: WindowSizes,
) -> Result<Vec<Window>, ModelError> {
    let every = (articles.len() / SAMPLES).max(1);
    let mut windows = Vec::new();
    for article in articles.iter().step_by(every).take(SAMPLES) {
        let title = pieces.words(article.title.as_deref().unwrap_or_default())?;
        let sentences = article
            .sentences
            .iter()
            .map(|sentence| pieces.words(&sentence.text))
            .collect::<Result<Vec<_>, ModelError>>()?;
        windows.extend(
            windows::pack(&title, &sentences, sizes, pieces)
                .into_iter()
                .next(),
        );
    }
    Ok(windows)
}

fn config_bytes(config: &ModelConfig) -> anyhow::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(config)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Write a file whole or not at all.
pub fn atomically(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = Output::create(path)?;
    file.write_all(bytes)
        .with_context(|| format!("cannot write {}", path.display()))?;
    file.persist()?;
    Ok(())
}

/// Hexadecimal SHA-256 of a file.
pub fn file_sha256(path: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(folder::sha256(&bytes))
}
