//! The number of a code in draws: what is drawn for it depends on the code alone, whatever else is drawn.

use std::collections::BTreeMap;

/// Offset basis and prime of FNV-1a with 32 bits (Fowler, Noll and Vo).
const BASIS: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// FNV-1a with 32 bits of the code's bytes.
pub fn item(code: &str) -> u32 {
    code.bytes().fold(BASIS, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(PRIME))
}

/// Two different codes with one number, if there are any: their draws would be the same ones.
pub fn collision<'c>(codes: impl IntoIterator<Item = &'c str>) -> Option<(&'c str, &'c str)> {
    let mut seen: BTreeMap<u32, &str> = BTreeMap::new();
    codes.into_iter().find_map(|code| {
        let first = *seen.entry(item(code)).or_insert(code);
        (first != code).then_some((first, code))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "costarring" and "liquid" are the pair that is known for it.
    #[test]
    fn a_collision_is_found_and_a_repetition_is_none() {
        assert_eq!(item(""), 0x811c_9dc5);
        assert_eq!(item("foobar"), 0xbf9c_f968);
        assert_eq!(item("costarring"), item("liquid"));
        assert_eq!(collision(["liquid", "a", "costarring"]), Some(("liquid", "costarring")));
        assert_eq!(collision(["liquid", "a", "liquid"]), None);
    }
}
