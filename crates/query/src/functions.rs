//! The functions of SQL, made when a query may call one.
//!
//! The engine knows some four hundred. Each is made by code of its own, so that making them brings in
//! pages from all over the program: a fifth of the memory of a process that answers one query.

use std::sync::Arc;

use datafusion::error::Result;
use datafusion::execution::{FunctionRegistry as _, SessionState, SessionStateDefaults};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

/// Schema whose tables list the functions.
const LISTED_IN: &str = "information_schema";

/// Whether a query certainly calls no function and asks for no list of them: it has names, literals,
/// comparisons and the commonest clauses, and not one bracket. Of any other word or sign the answer is no,
/// which costs memory and changes nothing.
pub(crate) fn calls_none(query: &str) -> bool {
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, query).tokenize() else { return false };
    tokens.iter().all(|token| match token {
        Token::Word(word) if word.quote_style.is_none() => {
            is_clause(word.keyword) && !word.value.eq_ignore_ascii_case(LISTED_IN)
        }
        Token::Word(word) => word.value != LISTED_IN,
        Token::Whitespace(_)
        | Token::EOF
        | Token::Number(..)
        | Token::SingleQuotedString(_)
        | Token::Comma
        | Token::Period
        | Token::SemiColon
        | Token::Mul
        | Token::Eq
        | Token::Neq
        | Token::Lt
        | Token::LtEq
        | Token::Gt
        | Token::GtEq => true,
        _ => false,
    })
}

/// Words of queries for which the engine makes no function; the last ones are columns of ours.
const fn is_clause(word: Keyword) -> bool {
    matches!(
        word,
        Keyword::NoKeyword
            | Keyword::SELECT
            | Keyword::FROM
            | Keyword::WHERE
            | Keyword::ORDER
            | Keyword::BY
            | Keyword::ASC
            | Keyword::DESC
            | Keyword::LIMIT
            | Keyword::OFFSET
            | Keyword::AS
            | Keyword::AND
            | Keyword::OR
            | Keyword::NOT
            | Keyword::IS
            | Keyword::NULL
            | Keyword::TRUE
            | Keyword::FALSE
            | Keyword::YEAR
            | Keyword::VALUE
            | Keyword::SOURCE
    )
}

/// Makes all functions of the engine, and what reads other files, as its `SessionStateBuilder::with_default_features` does.
pub(crate) fn make(state: &mut SessionState) -> Result<()> {
    for function in SessionStateDefaults::default_scalar_functions() {
        // Some keep a setting of the session, such as the time zone of `now`.
        let adapted = function.inner().with_updated_config(state.config_options());
        state.register_udf(adapted.map_or(function, Arc::new))?;
    }
    for function in SessionStateDefaults::default_higher_order_functions() {
        state.register_higher_order_function(function)?;
    }
    for function in SessionStateDefaults::default_aggregate_functions() {
        state.register_udaf(function)?;
    }
    for function in SessionStateDefaults::default_window_functions() {
        state.register_udwf(function)?;
    }
    for function in SessionStateDefaults::default_table_functions() {
        state.register_udtf(function.name(), Arc::clone(function.function()));
    }
    // Of statements that are refused: they are planned first.
    state.table_factories_mut().extend(SessionStateDefaults::default_table_factories());
    for format in SessionStateDefaults::default_file_formats() {
        state.register_file_format(format, false)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::calls_none;

    #[test]
    fn trial_p132_what_may_call_a_function_is_told_from_what_cannot() {
        for query in [
            "SELECT 1",
            "select ref_area, year, value from observations_latest where series_code = 'A (b)' \
             and value >= 1.5 order by year desc limit 3;",
            "SELECT \"value\" AS v, o.* FROM observations o WHERE value IS NOT NULL -- upper(x)",
        ] {
            assert!(calls_none(query), "{query}");
        }
        for query in [
            "SELECT upper('a')",
            "SELECT 'a' || 'b'",
            "SELECT current_date",
            "SELECT now AT TIME ZONE 'UTC' FROM t",
            "SELECT DISTINCT ON (a) a, b FROM t",
            "SELECT [1, 2]",
            "SHOW FUNCTIONS",
            "SELECT * FROM information_schema.routines",
            "SELECT * FROM \"information_schema\".routines",
            "SELECT a FROM t GROUP BY a",
            "SELECT 'open",
        ] {
            assert!(!calls_none(query), "{query}");
        }
    }
}
