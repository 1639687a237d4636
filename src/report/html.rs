//! One self-contained page: the template with its parts put in, and the policy that lets nothing
//! else in.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const CHARTS: &str = include_str!("vendor/charts.min.js");
const LICENCES: &str = include_str!("vendor/LICENCES.txt");
/// One script: the files share their names, and none leaks out of the page.
const SCRIPT: &str = concat!(
    "\"use strict\";\n(() => {\n",
    include_str!("page/data.js"),
    include_str!("page/charts.js"),
    include_str!("page/map.js"),
    include_str!("page/cell.js"),
    include_str!("page/trends.js"),
    include_str!("page/main.js"),
    "})();\n"
);

/// The page's bytes without its data: what a size limit has to allow for before any row.
pub(super) fn frame_bytes() -> usize {
    page("", "", "").len()
}

/// Put the page together. `data` and `evidence` are JSON from [`json`].
pub(super) fn page(title: &str, data: &str, evidence: &str) -> String {
    let policy = format!(
        "default-src 'none'; script-src {} {}; style-src {}; img-src data:; base-uri 'none'; \
         form-action 'none'",
        source_hash(CHARTS),
        source_hash(SCRIPT),
        source_hash(STYLE),
    );
    let licences = json(&LICENCES).unwrap_or_default();
    let title = escape(title);
    fill(TEMPLATE, |name| match name {
        "policy" => &policy,
        "version" => env!("CARGO_PKG_VERSION"),
        "title" => &title,
        "style" => STYLE,
        "data" => data,
        "evidence" => evidence,
        "licences" => &licences,
        "charts" => CHARTS,
        "script" => SCRIPT,
        _ => "",
    })
}

/// JSON that can stand inside a `<script>` element: no `<`, `>` or `&`, no line separators that
/// older scripts trip over, and no marks that turn the direction of the page's source.
pub(super) fn json<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let plain = serde_json::to_string(value)?;
    let mut safe = String::with_capacity(plain.len() + plain.len() / 16);
    for letter in plain.chars() {
        match letter {
            '<'
            | '>'
            | '&'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => safe.push_str(&format!("\\u{:04x}", letter as u32)),
            _ => safe.push(letter),
        }
    }
    Ok(safe)
}

/// A content security policy's name for an inline script or style of exactly this text.
fn source_hash(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}

fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

/// Replace each `{{name}}` of the template, in one pass: what is put in is not looked at again.
fn fill<'v>(template: &str, value: impl Fn(&str) -> &'v str) -> String {
    let mut page = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, (name, after))) = rest
        .split_once("{{")
        .and_then(|(before, after)| Some((before, after.split_once("}}")?)))
    {
        page.push_str(before);
        page.push_str(value(name));
        rest = after;
    }
    page + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_for_a_script_element_cannot_end_it_and_reads_back_the_same() {
        let nasty = "</script><!-- & \u{2028}\u{202e}\u{0} \"quoted\" \\u003c 🙂";
        let safe = json(&nasty).unwrap();
        assert!(
            !safe.contains(['<', '>', '&', '\u{2028}', '\u{202e}']),
            "{safe}"
        );
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), nasty);
    }

    #[test]
    fn a_title_is_text_and_what_is_put_in_is_not_filled_again() {
        let page = page("{{script}} <b>\"A\" & 'B'</b>", "\"{{title}}\"", "{}");
        assert!(page.contains(
            "<title>{{script}} &lt;b&gt;&quot;A&quot; &amp; &#39;B&#39;&lt;/b&gt;</title>"
        ));
        assert!(page.contains(">\"{{title}}\"</script>"));
    }

    #[test]
    fn no_part_of_the_page_ends_its_element_early_or_names_another_host() {
        for part in [CHARTS, SCRIPT, STYLE] {
            let lower = part.to_lowercase();
            assert!(
                !lower.contains("</script")
                    && !lower.contains("<!--")
                    && !lower.contains("</style")
            );
            // A carriage return would be read as a line feed, and the hash would not match.
            assert!(!part.contains('\r'));
        }
        for part in [TEMPLATE, SCRIPT, STYLE] {
            assert!(!part.contains("//www") && !part.contains("http:") && !part.contains("https:"));
        }
    }

    #[test]
    fn the_vendored_file_is_the_one_its_checksum_names() {
        let sums = include_str!("vendor/SHA256SUMS");
        for (name, text) in [("charts.min.js", CHARTS), ("LICENCES.txt", LICENCES)] {
            let digest: String = Sha256::digest(text)
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            assert!(
                sums.contains(&format!("{digest}  {name}")),
                "{name} is not what SHA256SUMS says"
            );
        }
    }
}
