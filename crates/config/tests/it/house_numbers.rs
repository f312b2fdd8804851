//! No number of the method and no indicator stands in the code that scores and reports: it would be
//! one that the rule book or a framework cannot change. And each rule stands in one place.

use std::path::{Path, PathBuf};

/// Numbers that may stand in the code of the scorecard, each with its reason. 0 and 1 are none.
const ALLOWED: [(&str, &str, &str); 42] = [
    ("aggregate.rs", "1e-12", "last bits of sums of weights"),
    ("aggregate.rs", "1e-9", "last bits before a printed share is rounded down or up"),
    ("aggregate.rs", "100.0", "per cent"),
    ("audit/split.rs", "1_usize", "a switch"),
    ("audit/trend.rs", "2", "a square"),
    ("audit/split.rs", "15", "most switches of which all sets are scored"),
    ("class.rs", "7", "number of classes"),
    ("column.rs", "2", "a square; two values make a spread"),
    ("copeland.rs", "2.0", "a tie is half a win by definition"),
    ("copeland.rs", "0.5", "a majority by definition"),
    ("decided.rs", "9", "most decimals that a number is printed with; digits"),
    ("decided.rs", "3", "digits of a rate"),
    ("decided.rs", "100.0", "per cent"),
    ("disparity.rs", "2", "the two of a pair"),
    ("fingerprint.rs", "16", "hexadecimal digits, and how many are printed"),
    ("fingerprint.rs", "4", "bits of a hexadecimal digit"),
    ("fingerprint.rs", "15", "mask of a hexadecimal digit"),
    ("pace.rs", "2", "decimals of a printed span"),
    ("gaps/kind.rs", "17", "kinds of gaps"),
    ("gaps/kind.rs", "5", "where a gap lies"),
    ("gaps/tally.rs", "2", "the middle"),
    ("path_words.rs", "1e-6", "last bits of a year"),
    ("path_words.rs", "4", "most decimals that two values are told apart with"),
    ("plan.rs", "2", "mark of a visited node"),
    ("progress.rs", "1e-9", "last bits of a mean span"),
    ("progress.rs", "10.0", "ESCAP's own scale"),
    ("schemes.rs", "9", "last bits of a measure before it is compared"),
    ("schemes.rs", "2", "two points of a line"),
    ("rank.rs", "10.0", "decimal digits"),
    ("ranking.rs", "100.0", "per cent"),
    ("ranking.rs", "5", "codes named in a reason"),
    ("result.rs", "100.0", "per cent"),
    ("rounding.rs", "15", "decimals of a 64-bit number"),
    ("rounding.rs", "0.5", "half a unit of the last digit"),
    ("rounding.rs", "10_f64", "decimal places"),
    ("contribution.rs", "10_f64", "decimal places"),
    ("sum.rs", "0.0_f64", "nothing"),
    ("sum.rs", "2", "the middle"),
    ("summary.rs", "0_usize", "nothing"),
    ("targets.rs", "2", "two of two: \"both\""),
    ("uncertainty/tally.rs", "2", "two halves"),
    ("uncertainty/field.rs", "8", "threads that draw at one time"),
];

/// Files that are a published algorithm, its constants included.
const PUBLISHED: [&str; 5] = [
    "audit/moments.rs",
    "audit/relation.rs",
    "audit/variance.rs",
    "uncertainty/normal.rs",
    "uncertainty/philox.rs",
];

/// Words of numbers that a text of the scorecard or the report may not have.
const WORDS: [&str; 9] = [
    "two thirds",
    "at least half",
    "than half of",
    "of half",
    "five years",
    "three years",
    "up to two years",
    "0.95",
    "0.60",
];

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else {
            into.push(path);
        }
    }
    into.sort();
}

/// The files of a crate's code, by path below `src`, without tests and comments.
fn code(of: &str) -> Vec<(String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(of).join("src");
    let mut paths = Vec::new();
    sources(&root, &mut paths);
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        (name, lines.map(str::to_owned).collect())
    };
    paths.iter().map(read).collect()
}

/// The parts of a line outside and inside quotation marks; `quoted` says whether it begins inside,
/// and then whether the next one does: a text goes on over lines.
fn parts(line: &str, quoted: &mut bool) -> (String, String) {
    let (mut outside, mut inside) = (String::new(), String::new());
    let mut escaped = false;
    // The letter of a quotation mark begins no text.
    let line = if *quoted { line.to_owned() } else { line.replace("'\"'", "' '") };
    for letter in line.chars() {
        match letter {
            '"' if !escaped => *quoted = !*quoted,
            _ if *quoted => inside.push(letter),
            _ => outside.push(letter),
        }
        escaped = letter == '\\' && !escaped;
    }
    (outside.split("//").next().unwrap_or_default().to_owned(), inside)
}

/// Numbers of code: whole or with a fraction, none that is part of a name.
fn numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut before = ' ';
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let is_part = before.is_alphanumeric() || before == '_' || before == '.';
        let length = if letter.is_ascii_digit() && !is_part { number(rest) } else { 0 };
        if length > 0 {
            found.push(rest[..length].to_owned());
            before = '0';
            rest = &rest[length..];
        } else {
            before = letter;
            rest = &rest[letter.len_utf8()..];
        }
    }
    found
}

/// Length of the number that a text starts with: `10.0`, `1e-9`, `0_usize`, but `0` of `0..=9`.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = 0;
    while let Some(&byte) = bytes.get(end) {
        let next = bytes.get(end + 1);
        let goes_on = byte.is_ascii_alphanumeric()
            || byte == b'_'
            || (byte == b'.' && next.is_some_and(u8::is_ascii_digit))
            || (byte == b'-' && end > 0 && bytes[end - 1] == b'e');
        if !goes_on {
            break;
        }
        end += 1;
    }
    end
}

#[test]
fn invariant_i7_no_number_of_the_house_stands_in_the_code_of_the_scorecard() {
    let is_allowed = |file: &str, number: &str| {
        ["0", "1", "0.0", "1.0"].contains(&number)
            || ALLOWED.iter().any(|(name, it, _)| *name == file && *it == number)
    };
    let mut found = Vec::new();
    for (file, lines) in code("scorecard") {
        if PUBLISHED.contains(&file.as_str()) {
            continue;
        }
        let mut quoted = false;
        for line in &lines {
            for number in numbers(&parts(line, &mut quoted).0) {
                if !is_allowed(&file, &number) {
                    found.push(format!("{file}: {number} in {}", line.trim()));
                }
            }
        }
    }
    assert!(found.is_empty(), "put it into schemas/rules, or say why not:\n{}", found.join("\n"));
}

#[test]
fn invariant_i7_no_number_of_the_house_stands_in_a_text_of_the_scorecard_or_the_report() {
    let is_percent = |text: &str| {
        let before = text.split(" %").next().filter(|before| before.len() < text.len());
        before.is_some_and(|before| before.ends_with(|it: char| it.is_ascii_digit()))
    };
    let mut found = Vec::new();
    for crate_name in ["scorecard", "report"] {
        for (file, lines) in code(crate_name) {
            let mut quoted = false;
            for line in &lines {
                let text = parts(line, &mut quoted).1;
                if WORDS.iter().any(|word| text.contains(word)) || is_percent(&text) {
                    found.push(format!("{crate_name}/{file}: {}", line.trim()));
                }
            }
        }
    }
    assert!(found.is_empty(), "take it from the rule book:\n{}", found.join("\n"));
}

/// A text that goes on in the next line was taken for code there, and its words were never read.
#[test]
fn a_text_over_two_lines_is_one_text() {
    let mut quoted = false;
    let first = parts("let text = \"at least \\", &mut quoted);
    assert!(quoted, "the text goes on");
    let second = parts("    half of 193\"; let n = 7;", &mut quoted);
    assert!(!quoted);
    assert_eq!((first.0.as_str(), second.1.trim()), ("let text = ", "half of 193"));
    assert_eq!(numbers(&second.0), ["7"]);
    assert_eq!(parts("let mark = '\"'; let n = 5;", &mut quoted).0, "let mark = ' '; let n = 5;");
}

/// Where a direction may be taken apart: where it is applied, and where it is put into words.
const DIRECTIONS: [(&str, &str, &str); 3] = [
    ("scorecard", "normalise.rs", "applied"),
    ("scorecard", "summary.rs", "named in a table"),
    ("report", "from_scorecard/indicator.rs", "named in the report"),
];

#[test]
fn invariant_i7_no_indicator_stands_in_the_code() {
    let deployment = wsis_config::Deployment::embedded().unwrap();
    let indicators = deployment.frameworks.iter().flat_map(|framework| &framework.indicators);
    let mut names: Vec<String> = Vec::new();
    for indicator in indicators {
        names.push(indicator.code.clone());
        names.extend(indicator.series.iter().map(|series| series.series_code.clone()));
    }
    // Some are words as well (`income`): those that can be nothing else will do.
    names.retain(|name| name.contains(|it: char| it.is_ascii_digit() || "._-".contains(it)));
    assert!(names.len() > 50, "{} names", names.len());
    let mut found = Vec::new();
    // What columns a file has is known to who reads it (`sources`); nobody else knows any series.
    for crate_name in ["lake", "engine", "query", "scorecard", "report"] {
        for (file, lines) in code(crate_name) {
            for line in &lines {
                let words = line.split('"').skip(1).step_by(2);
                for name in words.filter(|word| names.iter().any(|name| name == word)) {
                    found.push(format!("{crate_name}/{file}: {name} in {}", line.trim()));
                }
            }
        }
    }
    assert!(found.is_empty(), "put it into schemas/framework:\n{}", found.join("\n"));
}

#[test]
fn invariant_i9_a_direction_is_applied_in_normalisation_and_nowhere_else() {
    let mut found = Vec::new();
    for crate_name in ["lake", "engine", "query", "scorecard", "report"] {
        for (file, lines) in code(crate_name) {
            let may = DIRECTIONS.iter().any(|(of, name, _)| *of == crate_name && *name == file);
            let taken_apart = |line: &&String| line.contains("Direction::");
            for line in lines.iter().filter(taken_apart).filter(|_| !may) {
                found.push(format!("{crate_name}/{file}: {}", line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "ask scorecard::normalise:\n{}", found.join("\n"));
    let applied = code("scorecard").into_iter().find(|(file, _)| file == "normalise.rs").unwrap();
    assert!(applied.1.iter().any(|line| line.contains("Direction::Down")), "it is looked for");
}
