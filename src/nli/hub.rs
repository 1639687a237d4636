//! Inference models from a model hub, through the hub's own cache.

use std::collections::HashSet;
use std::env;
use std::path::{Path, PathBuf};

use hf_hub::api::sync::{Api, ApiBuilder, ApiError};
use hf_hub::{Cache, Repo, RepoType};

use super::NliError;
use super::folder::{self, Choice};
use crate::libtorch::caught;

/// A model on the hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubModel {
    /// `owner/name`
    id: String,
    /// A branch, tag or commit.
    revision: Option<String>,
}

impl HubModel {
    /// `owner/name`, or `owner/name@revision`; `None` where it is no such name.
    pub fn parse(name: &str) -> Option<HubModel> {
        let (id, revision) = match name.split_once('@') {
            Some((id, revision)) => (id, Some(revision)),
            None => (name, None),
        };
        let is_word = |word: &str| {
            !word.is_empty()
                && !word.starts_with(['.', '-'])
                && word
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        let is_id = id.split('/').count() <= 2 && id.split('/').all(is_word);
        let is_revision = revision.is_none_or(|r| r.split('/').all(is_word));
        (is_id && is_revision).then(|| HubModel {
            id: id.to_owned(),
            revision: revision.map(str::to_owned),
        })
    }

    /// As it was written.
    pub fn name(&self) -> String {
        match &self.revision {
            Some(revision) => format!("{}@{revision}", self.id),
            None => self.id.clone(),
        }
    }

    fn repo(&self) -> Repo {
        let revision = self.revision.clone().unwrap_or_else(|| "main".to_owned());
        Repo::with_revision(self.id.clone(), RepoType::Model, revision)
    }

    /// The folder of the model's files. What is in the cache is used as it is; the rest is
    /// fetched, unless `HF_HUB_OFFLINE` forbids it. `say` is told what is fetched.
    pub fn fetch(&self, say: impl Fn(&str)) -> Result<PathBuf, NliError> {
        let cache = cache()?;
        if let Some(folder) = self.cached(&cache) {
            return Ok(folder);
        }
        if is_offline() {
            return Err(NliError::Offline {
                model: self.name(),
                cache: cache.path().display().to_string(),
            });
        }
        let endpoint = env_text("HF_ENDPOINT");
        let failed = |reason: String| NliError::Hub {
            at: endpoint
                .as_ref()
                .map_or_else(String::new, |url| format!(" at {url}")),
            model: self.name(),
            reason,
        };
        let mut builder = ApiBuilder::from_cache(cache).with_progress(true);
        if let Some(url) = &endpoint {
            builder = builder.with_endpoint(url.trim_end_matches('/').to_owned());
        }
        if let Some(token) = env_text("HF_TOKEN") {
            builder = builder.with_token(Some(token));
        }
        // The hub's client trusts the hub to answer by the book, and panics where it does not.
        let api = caught(|| builder.build())
            .map_err(&failed)?
            .map_err(|e| failed(in_words(&e)))?;
        self.download(&api, say, &failed)
    }

    fn download(
        &self,
        api: &Api,
        say: impl Fn(&str),
        failed: &impl Fn(String) -> NliError,
    ) -> Result<PathBuf, NliError> {
        let repo = api.repo(self.repo());
        let info = caught(|| repo.info())
            .map_err(failed)?
            .map_err(|e| failed(in_words(&e)))?;
        let there: HashSet<String> = info.siblings.into_iter().map(|s| s.rfilename).collect();
        let has = |name: &str| there.contains(name);
        let choice = Choice::among(has).map_err(|missing| NliError::Missing {
            place: self.name(),
            missing: missing.to_owned(),
        })?;
        let mut folder = None;
        for name in choice.names(has) {
            say(&format!("fetching {name} of {}", self.name()));
            let path = caught(|| repo.get(name))
                .map_err(|e| failed(format!("{name}: {e}")))?
                .map_err(|e| failed(format!("{name}: {}", in_words(&e))))?;
            folder = path.parent().map(Path::to_owned);
        }
        folder.ok_or_else(|| failed("its files have no folder".to_owned()))
    }

    /// The folder of the model's files in the cache, if they are all there.
    fn cached(&self, cache: &Cache) -> Option<PathBuf> {
        let config = cache.repo(self.repo()).get(folder::CONFIG)?;
        let folder = config.parent()?.to_owned();
        Choice::among(|name| folder.join(name).is_file()).ok()?;
        Some(folder)
    }
}

/// Where the hub's own programs keep their files too.
fn cache() -> Result<Cache, NliError> {
    if let Some(folder) = env_text("HF_HUB_CACHE") {
        return Ok(Cache::new(folder.into()));
    }
    if env_text("HF_HOME").is_none() && env::home_dir().is_none() {
        return Err(NliError::Io {
            file: "the cache of the model hub".to_owned(),
            source: std::io::Error::other("there is no home folder to keep it in; set HF_HOME"),
        });
    }
    Ok(Cache::from_env())
}

fn is_offline() -> bool {
    env_text("HF_HUB_OFFLINE").is_some_and(|value| {
        ["1", "true", "yes", "on"].contains(&value.to_ascii_lowercase().as_str())
    })
}

fn env_text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn in_words(error: &ApiError) -> String {
    let message = match error {
        ApiError::RequestError(request) => request.to_string(),
        other => other.to_string(),
    };
    match message.as_str() {
        "http status: 404" => "it has no such model (404)".to_owned(),
        "http status: 401" | "http status: 403" => {
            format!("there is no such model, or it is not public ({message})")
        }
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_hub_are_told_from_paths() {
        for name in [
            "roberta-large-mnli",
            "FacebookAI/roberta-large-mnli",
            "o/n@main",
            "o/n@refs/pr/3",
        ] {
            let model = HubModel::parse(name).unwrap();
            assert_eq!(model.name(), name);
        }
        for path in [
            "",
            "./model",
            "../m",
            "/models/x",
            "a/b/c",
            "a//b",
            "a b/c",
            "o/n@",
            "~/m",
        ] {
            assert_eq!(HubModel::parse(path), None, "{path}");
        }
    }
}
