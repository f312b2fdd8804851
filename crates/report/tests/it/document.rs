//! The document as a whole: well formed, complete, self-contained, readable without eyes.

use std::collections::BTreeSet;

use wsis_report::render;

use crate::html::{Part, all, element, read, text};
use crate::sample::sample;

#[test]
fn well_formed_and_the_same_twice() {
    let first = render(&sample(60));
    assert_eq!(first, render(&sample(60)));
    assert!(read(&first).len() > 10_000);
}

#[test]
fn ids_are_unique_and_every_link_inside_the_page_has_a_target() {
    let parts = read(&render(&sample(60)));
    let mut ids = BTreeSet::new();
    for part in &parts {
        if let Part::Open(_, attributes) = part
            && let Some(id) = attributes.get("id")
        {
            assert!(ids.insert(id.clone()), "id {id} twice");
        }
    }
    for part in &parts {
        let Part::Open(_, attributes) = part else { continue };
        if let Some(target) = attributes.get("href").and_then(|href| href.strip_prefix('#')) {
            assert!(ids.contains(target), "link to #{target} leads nowhere");
        }
        for id in attributes.get("aria-labelledby").iter().flat_map(|ids| ids.split(' ')) {
            assert!(ids.contains(id), "label {id} is nowhere");
        }
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere_and_nothing_runs() {
    let html = render(&sample(60));
    for element in ["<script", "<link", "<img", "<iframe", "<object", "@import", "url(http"] {
        assert!(!html.contains(element), "{element} in the report");
    }
    for part in read(&html) {
        if let Part::Open(name, attributes) = part {
            assert!(attributes.keys().all(|key| !key.starts_with("on")), "handler on {name}");
            assert!(attributes.keys().all(|key| key != "src" && key != "srcset"), "{name} loads");
            if let Some(href) = attributes.get("href") {
                assert!(href.starts_with('#'), "{name} leads to {href}");
            }
        }
    }
}

#[test]
fn landmarks_language_skip_link_and_headings() {
    let html = render(&sample(60));
    let parts = read(&html);
    assert_eq!(all(&parts, "html").next().unwrap().1.get("lang").unwrap(), "en");
    for name in ["header", "nav", "main", "footer", "h1"] {
        assert_eq!(all(&parts, name).count(), 1, "{name}");
    }
    let first_link = all(&parts, "a").next().unwrap().1;
    assert_eq!(first_link.get("href").unwrap(), "#main");
    let mut level = 0;
    for part in &parts {
        if let Part::Open(name, _) = part
            && let Some(next) = name.strip_prefix('h').and_then(|rest| rest.parse::<u32>().ok())
        {
            assert!(next <= level + 1, "h{next} after h{level}");
            level = next;
        }
    }
}

#[test]
fn every_table_has_a_caption_and_headers_with_scope() {
    let parts = read(&render(&sample(60)));
    assert_eq!(all(&parts, "table").count(), all(&parts, "caption").count());
    for (_, attributes) in all(&parts, "th") {
        let scope = attributes.get("scope").map(String::as_str);
        assert!(matches!(scope, Some("col" | "row")), "th without scope");
    }
}

#[test]
fn every_picture_has_words_or_is_hidden() {
    let parts = read(&render(&sample(60)));
    let mut described = 0;
    for (at, attributes) in all(&parts, "svg") {
        if attributes.get("aria-hidden").is_some_and(|hidden| hidden == "true") {
            continue;
        }
        assert_eq!(attributes.get("role").map(String::as_str), Some("img"));
        assert!(matches!(&parts[at + 1], Part::Open(name, _) if name == "title"));
        let Part::Text(title) = &parts[at + 2] else { panic!("an empty title") };
        assert!(title.len() > 10, "{title}");
        assert!(matches!(&parts[at + 4], Part::Open(name, _) if name == "desc"));
        assert!(matches!(&parts[at + 5], Part::Text(words) if !words.is_empty()));
        described += 1;
    }
    assert!(described > 60, "{described}");
}

#[test]
fn every_figure_has_a_sentence_a_source_and_a_table() {
    let parts = read(&render(&sample(60)));
    let mut figures = 0;
    for (at, _) in all(&parts, "figure") {
        let after: Vec<&Part> = parts[at..].iter().take(4_000).collect();
        assert!(matches!(after[1], Part::Open(name, _) if name == "figcaption"));
        let text: String = after
            .iter()
            .filter_map(|part| match part {
                Part::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert!(text.contains("Source: "), "{text}");
        assert!(text.contains("snapshot 7"));
        assert!(after.iter().any(|part| matches!(part, Part::Open(name, _) if name == "table")));
        figures += 1;
    }
    assert!(figures > 50, "{figures}");
}

#[test]
fn text_from_sources_is_escaped() {
    let mut input = sample(20);
    "<script>alert(1)</script>".clone_into(&mut input.economies[0].name);
    "\" onload=\"x".clone_into(&mut input.lines[0].areas[0].rank_reason);
    input.lines[0].areas[0].rank = None;
    "a & b < c".clone_into(&mut input.lines[0].title);
    let html = render(&input);
    read(&html);
    assert!(!html.contains("<script"));
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!html.contains("\" onload=\""));
    assert!(html.contains("a &amp; b &lt; c"));
}

/// Every text that comes from a file, a source or a server, made hostile at once.
#[test]
fn invariant_i13_no_text_reaches_the_page_unescaped() {
    const EVIL: &str = "<b>x</b>\"'&";
    let mut input = sample(8);
    let spoil = |text: &mut String| EVIL.clone_into(text);
    let many = |texts: &mut [&mut String]| texts.iter_mut().for_each(|text| spoil(text));
    many(&mut [&mut input.title, &mut input.framework_title, &mut input.framework_version]);
    many(&mut [&mut input.framework_fact.source, &mut input.generated, &mut input.retrieved]);
    input.silent.iter_mut().for_each(spoil);
    for economy in &mut input.economies {
        many(&mut [&mut economy.name, &mut economy.region, &mut economy.income, &mut economy.note]);
    }
    for run in &mut input.runs {
        many(&mut [&mut run.pipeline, &mut run.title, &mut run.citation]);
        many(&mut [&mut run.licence, &mut run.url, &mut run.retrieved]);
        run.reasons = vec![(EVIL.to_owned(), 1)];
    }
    for view in &mut input.indicators {
        many(&mut [&mut view.title, &mut view.definition, &mut view.unit, &mut view.agency]);
        many(&mut [&mut view.series_source, &mut view.series_code, &mut view.licence]);
        many(&mut [&mut view.note, &mut view.evidence, &mut view.fact.source]);
        view.goalposts.iter_mut().for_each(|posts| spoil(&mut posts.fact.source));
        view.goalposts.iter_mut().for_each(|posts| spoil(&mut posts.transform));
        view.target.iter_mut().for_each(|target| spoil(&mut target.fact.source));
        if !view.absent.is_empty() {
            spoil(&mut view.absent);
        }
        for reading in &mut view.readings {
            many(&mut [&mut reading.flag, &mut reading.reason]);
        }
    }
    for line in &mut input.lines {
        many(&mut [&mut line.title, &mut line.missing]);
        line.no_indicator.iter_mut().for_each(spoil);
        line.sdg.iter_mut().for_each(|(target, _)| spoil(target));
        for who in &mut line.facilitators {
            many(&mut [&mut who.agency, &mut who.role, &mut who.note, &mut who.source]);
        }
        line.claims.iter_mut().for_each(|claim| spoil(&mut claim.text));
        many(&mut [
            &mut line.claims_caveat,
            &mut line.achievements_note,
            &mut line.challenges_note,
        ]);
        for region in &mut line.regions {
            many(&mut [&mut region.name, &mut region.reason]);
        }
        for row in &mut line.areas {
            many(&mut [&mut row.score_reason, &mut row.class_reason, &mut row.rank_reason]);
        }
    }
    let html = render(&input);
    read(&html);
    assert!(!html.contains("<b>x") && !html.contains("x</b>\""), "unescaped text");
    assert!(html.matches("&lt;b&gt;x&lt;/b&gt;&quot;").count() > 200);
}

#[test]
fn overview_has_eighteen_rows_in_order() {
    let input = sample(60);
    let parts = read(&render(&input));
    let overview = element(&parts, "overview");
    let links: Vec<&str> = all(overview, "a")
        .filter_map(|(_, attributes)| attributes.get("href")?.strip_prefix('#'))
        .collect();
    let codes: Vec<&str> = input.lines.iter().map(|line| line.code.as_str()).collect();
    assert_eq!(links, codes);
    assert_eq!(codes.len(), 18);
    assert!(text(overview).contains("Least median change in points a year: "));
}

#[test]
fn size_stays_small_for_every_economy() {
    let html = render(&sample(248));
    assert!(html.len() < 6_000_000, "{} bytes", html.len());
}

#[test]
fn the_overview_prints_landscape_and_what_is_closed_stays_off_paper() {
    let css = wsis_report::css::sheet();
    assert!(css.contains("@page wide{size:A4 landscape"));
    assert!(css.contains("#overview{page:wide}"));
    assert!(css.contains("details:not([open]):not(.keep):not(.why){display:none}"));
    assert!(css.contains("prefers-color-scheme:dark"));
}

/// The overview of two lines, one with and one without a score: read the snapshot, it is what a
/// delegate sees first.
#[test]
fn overview_of_two_lines() {
    let mut input = sample(12);
    input.lines = vec![input.lines[1].clone(), input.lines[14].clone()];
    let html = render(&input);
    let from = html.find("<section id=\"overview\"").unwrap();
    let to = from + html[from..].find("</section>").unwrap();
    let lines = html[from..to].replace("><", ">\n<");
    insta::assert_snapshot!(lines);
}
