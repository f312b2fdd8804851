//! The size of a query, judged from its words before anything is built from it.
//!
//! A parser and a planner call themselves once per level, and some of what they build is taken down
//! in the same way: a chain of ten thousand `OR` would end the process, not the query. The count
//! here is simple and errs on the high side; what slips through meets the stack of the worker.

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use wsis_config::QueryLimits;

use crate::error::QueryError;

/// Refuses a query that is too long, has too many terms or is nested too deeply.
pub(crate) fn check(query: &str, limits: &QueryLimits) -> Result<(), QueryError> {
    within("bytes long", query.len() as u64, limits.text_bytes_max, "text_bytes_max")?;
    // What is no SQL is told by the parser, which knows the place.
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, query).tokenize() else { return Ok(()) };
    let terms = tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_))).count();
    within("words and signs long", terms as u64, limits.terms_max, "terms_max")?;
    within("levels deep", depth(&tokens), limits.depth_max, "depth_max")
}

fn within(
    what: &'static str,
    found: u64,
    limit: u64,
    name: &'static str,
) -> Result<(), QueryError> {
    if found <= limit {
        return Ok(());
    }
    Err(QueryError::TooLarge { what, found, limit, name })
}

/// What is open within one pair of brackets.
#[derive(Default)]
struct Level {
    /// Operators since the last comma or clause: they may form one chain.
    chain: u64,
    /// Set operations and joins: they form one chain whatever stands between them.
    sets: u64,
}

impl Level {
    const fn depth(&self) -> u64 {
        1 + self.chain + self.sets
    }
}

/// How deep the tree of a query may be.
fn depth(tokens: &[Token]) -> u64 {
    let mut outer: Vec<u64> = Vec::new();
    let (mut around, mut deepest) = (0, 0);
    let mut level = Level::default();
    for token in tokens {
        match part(token) {
            Part::Open => {
                level.chain += 1;
                outer.push(level.chain);
                outer.push(level.sets);
                around += level.depth();
                level = Level::default();
            }
            Part::Close => {
                if let (Some(sets), Some(chain)) = (outer.pop(), outer.pop()) {
                    level = Level { chain, sets };
                    around -= level.depth();
                }
            }
            Part::Operator => level.chain += 1,
            Part::Set => level = Level { chain: 0, sets: level.sets + 1 },
            Part::Separator => level.chain = 0,
            Part::Other => {}
        }
        deepest = deepest.max(around + level.depth());
    }
    deepest
}

/// What a word or sign does to the depth.
enum Part {
    Open,
    Close,
    Operator,
    Set,
    Separator,
    Other,
}

fn part(token: &Token) -> Part {
    match token {
        Token::Word(word) => keyword(word.keyword),
        Token::LParen | Token::LBracket | Token::LBrace => Part::Open,
        Token::RParen | Token::RBracket | Token::RBrace => Part::Close,
        Token::Comma | Token::SemiColon => Part::Separator,
        Token::Whitespace(_)
        | Token::EOF
        | Token::Period
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::Placeholder(_) => Part::Other,
        // Signs, and rare forms of literals.
        _ => Part::Operator,
    }
}

const fn keyword(word: Keyword) -> Part {
    match word {
        Keyword::CASE => Part::Open,
        Keyword::END => Part::Close,
        Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT | Keyword::MINUS | Keyword::JOIN => {
            Part::Set
        }
        Keyword::SELECT
        | Keyword::FROM
        | Keyword::WHERE
        | Keyword::GROUP
        | Keyword::HAVING
        | Keyword::ORDER
        | Keyword::WHEN
        | Keyword::THEN
        | Keyword::ELSE => Part::Separator,
        Keyword::AND
        | Keyword::OR
        | Keyword::XOR
        | Keyword::NOT
        | Keyword::IS
        | Keyword::IN
        | Keyword::LIKE
        | Keyword::ILIKE
        | Keyword::RLIKE
        | Keyword::REGEXP
        | Keyword::SIMILAR
        | Keyword::BETWEEN
        | Keyword::DIV
        | Keyword::COLLATE
        | Keyword::AT
        | Keyword::INTERVAL
        | Keyword::OVERLAPS => Part::Operator,
        _ => Part::Other,
    }
}
