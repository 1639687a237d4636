//! What shapes the rows: kept in the results, and in the folder of a run that is not finished.

use std::collections::BTreeMap;

use summit_stance::model::folder::sha256;
use summit_stance::scores::unfinished::Job;
use summit_stance::scores::{Provenance, Scorer, StanceNames};

use super::Args;

/// What made the rows, for the file of scores.
pub fn provenance(args: &Args, scorer: &Scorer) -> anyhow::Result<Provenance> {
    let config = scorer.model().config();
    let calibration = &config.calibration;
    let mut provenance = Provenance {
        version: env!("CARGO_PKG_VERSION").into(),
        model: config.name.clone(),
        model_checksum: config.checksum(),
        stances: StanceNames::codebook(),
        options: BTreeMap::from([
            (
                "issue threshold".into(),
                calibration.issue_threshold.to_string(),
            ),
            (
                "stance temperature".into(),
                calibration.stance_temperature.to_string(),
            ),
        ]),
    };
    let lists = [
        ("parties", &args.reading.parties),
        ("issues", &args.issues.issues),
    ];
    for (name, list) in lists {
        if let Some(list) = list {
            let checksum = sha256(&std::fs::read(list)?);
            provenance.options.insert(name.into(), checksum);
        }
    }
    if let Some(stances) = scorer.stances() {
        stances.note_in(&mut provenance);
    }
    if let Some(shard) = &args.shard {
        shard.note_in(&mut provenance);
    }
    Ok(provenance)
}

/// What must be the same for an interrupted run to go on.
pub fn job(args: &Args, scorer: &Scorer, provenance: &Provenance) -> Job {
    let mut settings = provenance.options.clone();
    let model = format!("{} ({})", provenance.model, provenance.model_checksum);
    settings.insert("version of stance".into(), provenance.version.clone());
    settings.insert("model".into(), model);
    settings.insert("engine".into(), scorer.model().engine().into());
    #[cfg(feature = "torch")]
    if let Some(device) = args.reading.device {
        settings.insert("--device".into(), device.to_string());
    }
    let columns = &args.columns;
    for (option, value) in [
        ("--text-column", &columns.text_column),
        ("--id-column", &columns.id_column),
        ("--title-column", &columns.title_column),
        ("--date-column", &columns.date_column),
        ("--summit-column", &columns.summit_column),
        ("--source-column", &columns.source_column),
    ] {
        settings.insert(option.into(), value.clone());
    }
    if let Some(summit) = &args.summit {
        settings.insert("--summit".into(), summit.clone());
    }
    Job {
        settings,
        command: command(),
    }
}

/// The command as a shell takes it.
fn command() -> String {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let words = std::iter::once("stance").chain(arguments.iter().map(String::as_str));
    // Only a NUL cannot be quoted, and no argument holds one.
    shlex::try_join(words).unwrap_or_else(|_| "stance score".into())
}
