//! Options for stances described in words.

use std::path::{Path, PathBuf};

use summit_stance::annotations::Findings;
use summit_stance::nli::{Entailment, Fit, LabelledUnits, StanceList, ZeroShot};
use summit_stance::scores::StanceSource;

use super::model::ModelArgs;

#[derive(Debug, clap::Args)]
pub struct NliArgs {
    /// Take the stances from this model for natural-language inference: a folder, or a name on
    /// the model hub (owner/name). Mentions, parties and issues are found as ever
    #[arg(long, value_name = "MODEL", group = "on libtorch")]
    pub nli: Option<String>,

    /// Stances of your own, each in words (TOML; see data/stances.toml): the results have their
    /// names. Without it those of the codebook, described as in that file
    #[arg(long, value_name = "FILE", requires = "nli")]
    pub stances: Option<PathBuf>,

    /// Labelled sentences on which to fit the probabilities: a table (CSV or TSV) with the columns
    /// text, party, mention, stance and, if you like, issues; or annotated articles (JSON Lines;
    /// see data/corpus)
    #[arg(long, value_name = "FILE", requires = "nli")]
    pub calibrate: Option<PathBuf>,
}

impl NliArgs {
    /// The source of stances, if --nli asks for one.
    pub fn load(&self, model: &ModelArgs) -> anyhow::Result<Option<Box<dyn StanceSource>>> {
        let Some(name) = &self.nli else {
            return Ok(None);
        };
        // The lists first: a mistake in them should not wait for a large model.
        let stances = match &self.stances {
            Some(path) => StanceList::read(path)?,
            None => StanceList::built_in()?,
        };
        let labelled = match &self.calibrate {
            Some(path) => Some((path, read_labels(path, &stances)?)),
            None => None,
        };
        let (device, precision) = model.libtorch()?;
        let entailment = Entailment::open(name, device, precision, |what| eprintln!("{what}"))?;
        let mut zero_shot = ZeroShot::new(entailment, stances)?;
        if let Some((path, labels)) = labelled {
            match zero_shot.calibrate(&labels)? {
                Some(fit) => eprintln!("{}", told(&fit)),
                None => anyhow::bail!("{}: no sentence has a labelled party", path.display()),
            }
        }
        Ok(Some(Box::new(zero_shot)))
    }
}

fn read_labels(path: &Path, stances: &StanceList) -> anyhow::Result<LabelledUnits> {
    let mut findings = Findings::default();
    let labels = LabelledUnits::read(path, stances.names(), &mut findings)?;
    anyhow::ensure!(
        findings.errors() == 0,
        "the labels cannot be used as they are:\n{}",
        findings.to_string().trim_end()
    );
    eprint!("{findings}");
    Ok(labels)
}

fn told(fit: &Fit) -> String {
    let held_out = match fit.held_out {
        Some(loss) => format!("{loss:.3} with it on articles held out in turn"),
        None => "too few articles to say what it gains".to_owned(),
    };
    let stances = fit.calibration.stances.len();
    let chance = (stances as f64).ln();
    let stances = match stances {
        4 => "four".to_owned(),
        other => other.to_string(),
    };
    format!(
        "calibrated on {} labelled parties: {}\n  mean negative log-likelihood {:.3} without, \
         {held_out} ({stances} equal chances: {chance:.3})",
        fit.units, fit.calibration, fit.before
    )
}
