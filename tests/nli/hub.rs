//! Models from a hub: a server in the test speaks its protocol.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::{fixture, refusal, said, stance};

const MODEL: &str = "acme/tiny-nli";
const COMMIT: &str = "5d3f0e1c2b4a69788796a5b4c3d2e1f001122334";

/// A hub with one model.
struct Hub {
    endpoint: String,
    /// The lines of the requests it got.
    requests: Arc<Mutex<Vec<String>>>,
}

struct Answer {
    status: &'static str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Hub {
    /// A hub whose model has these files of a fixture.
    fn start(architecture: &str, names: &[&str]) -> Hub {
        let files: HashMap<String, Vec<u8>> = names
            .iter()
            .map(|name| {
                let bytes = fs::read(fixture(architecture).join(name)).unwrap();
                ((*name).to_owned(), bytes)
            })
            .collect();
        Hub::answering(move |path, range| answer(&files, path, range))
    }

    /// A hub that answers paths, with the range of bytes that is asked for.
    fn answering(answer: impl Fn(&str, Option<usize>) -> Answer + Send + 'static) -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { continue };
                let mut reader = BufReader::new(stream);
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    continue;
                }
                let mut range = None;
                let mut header = String::new();
                while reader.read_line(&mut header).unwrap_or(0) > 2 {
                    let lower = header.to_lowercase();
                    if let Some(bytes) = lower.trim().strip_prefix("range: bytes=") {
                        range = bytes
                            .split('-')
                            .nth(1)
                            .map(|to| to.parse().unwrap_or(usize::MAX));
                    }
                    header.clear();
                }
                let path = line.split(' ').nth(1).unwrap_or("").to_owned();
                seen.lock().unwrap().push(path.clone());
                respond(reader.get_mut(), answer(&path, range));
            }
        });
        Hub { endpoint, requests }
    }

    fn requests(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
}

fn respond(stream: &mut TcpStream, answer: Answer) {
    let mut head = format!("HTTP/1.1 {}\r\nConnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", answer.body.len()));
    // A client that has gone away is no matter.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&answer.body);
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}

/// As the hub answers: what a model has by its API, small files at once, large ones by a redirect
/// to where they are stored, and ranges of bytes.
fn answer(files: &HashMap<String, Vec<u8>>, path: &str, range: Option<usize>) -> Answer {
    let part = |bytes: &[u8], headers: Vec<(&'static str, String)>| {
        let to = range.unwrap_or(usize::MAX).min(bytes.len() - 1);
        let mut all = vec![("Content-Range", format!("bytes 0-{to}/{}", bytes.len()))];
        all.extend(headers);
        Answer {
            status: "206 Partial Content",
            headers: all,
            body: bytes[..=to].to_vec(),
        }
    };
    let info = format!("/api/models/{MODEL}/revision/main");
    if path == info {
        let siblings: Vec<_> = files
            .keys()
            .map(|name| json!({"rfilename": name}))
            .collect();
        return Answer {
            status: "200 OK",
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: json!({"id": MODEL, "sha": COMMIT, "siblings": siblings})
                .to_string()
                .into_bytes(),
        };
    }
    if let Some((name, bytes)) = path
        .strip_prefix(&format!("/{MODEL}/resolve/main/"))
        .and_then(|name| files.get_key_value(name))
    {
        let commit = ("X-Repo-Commit", COMMIT.to_owned());
        if name.ends_with(".safetensors") {
            let tag = ("X-Linked-Etag", format!("\"{}\"", hex(bytes)));
            let location = ("Location", format!("/stored/{name}"));
            return Answer {
                status: "302 Found",
                headers: vec![commit, tag, location],
                body: Vec::new(),
            };
        }
        return part(
            bytes,
            vec![commit, ("ETag", format!("\"{}\"", &hex(bytes)[..40]))],
        );
    }
    if let Some(bytes) = path
        .strip_prefix("/stored/")
        .and_then(|name| files.get(name))
    {
        let tag = ("ETag", format!("\"{}\"", hex(bytes)));
        return part(bytes, vec![tag, ("X-Repo-Commit", COMMIT.to_owned())]);
    }
    Answer {
        status: "404 Not Found",
        headers: Vec::new(),
        body: b"Repository not found".to_vec(),
    }
}

const ALL: [&str; 3] = ["config.json", "tokenizer.json", "model.safetensors"];

fn score(model: &str, home: &Path, endpoint: &str) -> Command {
    let mut command = stance(&["score", "data/summits/geneva-2026", "--format", "jsonl"]);
    command
        .args(["--nli", model])
        .env("HF_HOME", home)
        .env("HF_ENDPOINT", endpoint);
    command
}

fn rows(output: Output) -> Vec<u8> {
    assert!(output.status.success(), "{}", said(&output));
    assert!(!output.stdout.is_empty());
    output.stdout
}

#[test]
fn a_model_is_fetched_once_and_scores_as_from_its_folder() {
    let home = tempfile::tempdir().unwrap();
    let hub = Hub::start("deberta-v3", &ALL);
    let fetched = score(MODEL, home.path(), &hub.endpoint).output().unwrap();
    let told = said(&fetched);
    for name in ALL {
        assert!(
            told.contains(&format!("fetching {name} of {MODEL}")),
            "{told}"
        );
    }
    let fetched = rows(fetched);
    let requests = hub.requests();
    assert!(requests > ALL.len());

    let folder = fixture("deberta-v3");
    let local = score(folder.to_str().unwrap(), home.path(), &hub.endpoint);
    assert_eq!(fetched, rows({ local }.output().unwrap()));

    // From the cache now, with the hub, and without.
    assert_eq!(
        fetched,
        rows(score(MODEL, home.path(), &hub.endpoint).output().unwrap())
    );
    let mut offline = score(MODEL, home.path(), "http://127.0.0.1:9");
    assert_eq!(
        fetched,
        rows(offline.env("HF_HUB_OFFLINE", "1").output().unwrap())
    );
    assert_eq!(hub.requests(), requests);
}

#[test]
fn offline_mode_fetches_nothing() {
    let home = tempfile::tempdir().unwrap();
    let hub = Hub::start("bert", &ALL);
    let mut command = score(MODEL, home.path(), &hub.endpoint);
    command.env("HF_HUB_OFFLINE", "1");
    let said = refusal(command);
    assert!(said.contains("HF_HUB_OFFLINE forbids"), "{said}");
    assert_eq!(hub.requests(), 0);
}

#[test]
fn a_hub_that_cannot_be_reached() {
    let home = tempfile::tempdir().unwrap();
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let said = refusal(score(MODEL, home.path(), &format!("http://{port}")));
    assert!(
        said.contains(&format!("the model hub at http://{port} gave no {MODEL}")),
        "{said}"
    );
    let said = refusal(score(MODEL, home.path(), "no url"));
    assert!(said.contains("the model hub at no url"), "{said}");
}

#[test]
fn models_that_the_hub_does_not_have_or_that_lack_a_file() {
    let home = tempfile::tempdir().unwrap();
    let hub = Hub::start("bert", &["config.json", "tokenizer.json"]);
    let said = refusal(score("acme/other", home.path(), &hub.endpoint));
    assert!(said.contains("it has no such model (404)"), "{said}");
    let said = refusal(score(MODEL, home.path(), &hub.endpoint));
    assert!(
        said.contains(&format!("{MODEL}: there is no model.safetensors")),
        "{said}"
    );
    // Nothing large was fetched for a model that cannot be used.
    assert_eq!(hub.requests(), 2);
}

#[test]
fn a_hub_that_does_not_speak_the_protocol() {
    for (status, headers) in [
        ("200 OK", vec![]),
        (
            "302 Found",
            vec![
                ("X-Repo-Commit", COMMIT.to_owned()),
                ("ETag", "x".to_owned()),
            ],
        ),
        ("500 Internal Server Error", vec![]),
    ] {
        let home = tempfile::tempdir().unwrap();
        let files: HashMap<String, Vec<u8>> = ALL.map(|name| (name.to_owned(), vec![1])).into();
        let hub = Hub::answering(move |path, range| match path.starts_with("/api/") {
            true => answer(&files, path, range),
            false => Answer {
                status,
                headers: headers.clone(),
                body: Vec::new(),
            },
        });
        let said = refusal(score(MODEL, home.path(), &hub.endpoint));
        assert!(
            said.contains(&format!("gave no {MODEL}: config.json")),
            "{status}: {said}"
        );
    }
}
