//! The same document in fewer bytes: without end tags that HTML lets be left out, and without quotes
//! around attributes that need none. A page of two hundred profiles is half made of them.

/// Elements of a table or a list whose end tag may be left out before the next one of them and before
/// the end of what they stand in; nothing else follows them in what this crate writes.
const OPEN_ENDED: [&str; 6] = ["</td>", "</th>", "</tr>", "</li>", "</tbody>", "</thead>"];

/// A document as this crate renders it, squeezed. Text and style are left as they are.
pub(crate) fn squeeze(document: &str) -> String {
    let mut out = String::with_capacity(document.len());
    let mut rest = document;
    while let Some(at) = rest.find('<') {
        let (text, tagged) = rest.split_at(at);
        out.push_str(text);
        let end = tagged.find('>').map_or(tagged.len(), |end| end + 1);
        let (tag, after) = tagged.split_at(end);
        if !OPEN_ENDED.contains(&tag) {
            unquoted(tag, &mut out);
        }
        rest = after;
        if tag.starts_with("<style") {
            let (style, after) = rest.split_at(rest.find("</style>").unwrap_or(rest.len()));
            out.push_str(style);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// A tag, each value in quotes where it has to be.
fn unquoted(tag: &str, out: &mut String) {
    let mut rest = tag;
    while let Some(at) = rest.find("=\"") {
        let (before, value) = rest.split_at(at + 1);
        out.push_str(before);
        let value = value.strip_prefix('"').unwrap_or(value);
        let Some(end) = value.find('"') else {
            out.push('"');
            rest = value;
            break;
        };
        let (inside, after) = value.split_at(end);
        if inside.is_empty() || !inside.bytes().all(is_plain) {
            out.extend(["\"", inside, "\""]);
        } else {
            out.push_str(inside);
        }
        rest = after.strip_prefix('"').unwrap_or(after);
    }
    out.push_str(rest);
}

/// Letters that no reader of HTML takes for the end of a value.
const fn is_plain(letter: u8) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, b'#' | b'-' | b'_' | b'.' | b':' | b',')
}

#[cfg(test)]
mod tests {
    use super::squeeze;

    #[test]
    fn what_is_left_out_is_what_may_be() {
        let table = "<table><tbody><tr><th scope=\"row\">A &amp; B</th><td class=\"n\" \
                     title=\"a b\">1</td></tr></tbody></table><p class=\"u\">x</p>";
        let small = "<table><tbody><tr><th scope=row>A &amp; B<td class=n \
                     title=\"a b\">1</table><p class=u>x</p>";
        assert_eq!(squeeze(table), small);
        let style = "<style>a[b=\"c\"]{content:\"</td>\"}</style><i id=\"\">=\"q\"</i>";
        assert_eq!(squeeze(style), style);
        assert_eq!(squeeze("<a href=\"x/\">x</a>"), "<a href=\"x/\">x</a>");
    }
}
