//! Query strings and forms.

/// Name and value pairs, in the order sent.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Parses `application/x-www-form-urlencoded` text; a name without `=` has an empty value.
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        });
        Self(pairs.collect())
    }

    /// First value of a name, compared without regard to case as the providers do.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|pair| pair.0.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.as_str())
    }

    /// Every value of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let values = self.0.iter().filter(move |pair| pair.0.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value.as_str())
    }

    /// A number, or `default` when it is absent or no number.
    pub(crate) fn number(&self, name: &str, default: usize) -> usize {
        self.get(name).and_then(|value| value.parse().ok()).unwrap_or(default)
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let hex = (byte == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (byte, hex) {
            (_, Some(decoded)) => {
                out.push(decoded);
                at += 2;
            }
            (b'+', None) => out.push(b' '),
            (other, None) => out.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_found_without_case() {
        let query = Query::parse("date=2010%3A2014&Page=2&x=a+b%2Bc&x=%C3%B4&broken=%zz&flag");
        assert_eq!(query.get("date"), Some("2010:2014"));
        assert_eq!(query.number("page", 1), 2);
        assert_eq!(query.number("pageSize", 25), 25);
        assert_eq!(query.all("X").collect::<Vec<_>>(), ["a b+c", "ô"]);
        assert_eq!(query.get("broken"), Some("%zz"));
        assert_eq!(query.get("flag"), Some(""));
        assert_eq!(query.get("none"), None);
    }
}
