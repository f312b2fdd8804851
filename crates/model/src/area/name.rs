//! The form in which area names are compared.

/// The form in which area names are compared: lower case, letters without accents, one kind of
/// apostrophe and dash, `&` as `and`, single spaces, without footnote marks at the end
/// (`Kosovo*`, `Kosovo 1/`, `Kosovo [1]`). Codes pass through it too, so a mark is only taken
/// off when what stays is not the stem of a code (`A4`, `1W`, `M49:001` keep their digits).
pub fn normalise_name(text: &str) -> String {
    let stem = without_marks(text.trim());
    let mut out = String::with_capacity(stem.len());
    let mut pending_space = false;
    for c in stem.chars() {
        if c.is_whitespace() {
            pending_space = true;
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        if c == '&' {
            push_word(&mut out, "and");
            pending_space = true;
            continue;
        }
        if std::mem::take(&mut pending_space) && !out.is_empty() {
            out.push(' ');
        }
        push_folded(&mut out, c);
    }
    out
}

fn push_word(out: &mut String, word: &str) {
    if !out.is_empty() {
        out.push(' ');
    }
    out.push_str(word);
}

/// Combining accents (a decomposed `ô` is `o` and U+0302), zero-width marks, soft hyphen, BOM.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{200B}'..='\u{200F}' | '\u{00AD}' | '\u{FEFF}')
}

fn push_folded(out: &mut String, c: char) {
    match c {
        '\u{2018}' | '\u{2019}' | '\u{00B4}' | '`' | '\u{02BC}' | '\u{2032}' => out.push('\''),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push('-'),
        c => {
            // `İ` becomes `i` and a combining dot, which is dropped like every accent.
            out.extend(c.to_lowercase().filter(|&c| !is_invisible(c)).map(without_accent));
        }
    }
}

/// The base letter of the accented Latin letters that area names use.
fn without_accent(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
        'ğ' | 'ģ' => 'g',
        'ì'..='ï' | 'ī' | 'į' | 'ı' => 'i',
        'ł' | 'ľ' | 'ļ' => 'l',
        'ñ' | 'ń' | 'ň' | 'ņ' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'ş' | 'š' | 'ș' => 's',
        'ť' | 'ţ' | 'ț' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        c => c,
    }
}

/// Takes footnote marks off the end, as often as there are some; never the whole text.
fn without_marks(text: &str) -> &str {
    let mut text = text;
    while let Some(shorter) = without_one_mark(text) {
        text = shorter;
    }
    text
}

fn without_one_mark(text: &str) -> Option<&str> {
    let is_sign = |c: char| matches!(c, '*' | '†' | '‡' | '§' | '¹' | '²' | '³' | '⁰' | '⁴'..='⁹');
    let shorter = text.trim_end_matches(is_sign);
    if shorter.len() < text.len() {
        return not_empty(shorter);
    }
    for (open, close) in [('[', ']'), ('(', ')')] {
        if let Some((stem, mark)) = text.strip_suffix(close).and_then(|t| t.rsplit_once(open)) {
            return is_small_number(mark).then_some(stem).and_then(not_empty);
        }
    }
    let before_digits = |t: &str| t.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let number_end = text.strip_suffix('/').unwrap_or(text);
    let (stem, digits) = number_end.split_at(before_digits(number_end));
    // `Kosovo 1/`, `Kosovo 1` and `Kosovo1` are a name with a mark; `A4` and `G 20` are not.
    let is_name = stem.trim_end().chars().rev().take_while(|c| c.is_alphabetic()).count() >= 4;
    let slash_note = number_end.len() < text.len() && stem.ends_with(char::is_whitespace);
    (is_small_number(digits) && (is_name || slash_note)).then_some(stem).and_then(not_empty)
}

fn not_empty(text: &str) -> Option<&str> {
    let text = text.trim_end();
    (!text.is_empty()).then_some(text)
}

fn is_small_number(text: &str) -> bool {
    (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}
