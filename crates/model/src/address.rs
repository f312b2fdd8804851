//! Which network addresses, and names, are not of the public internet. Who asks and who checks what will be asked
//! have to agree on that.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is not one of the public internet.
pub fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_local_v4(v4),
        IpAddr::V6(v6) => is_local_v6(v6),
    }
}

/// Whether a host is by its text not one of the public internet: an address, or a name of this machine (RFC 6761). The
/// text is as a parser of web addresses gives it, which reads an address of IPv4 in all its spellings; brackets, a dot at the
/// end and capital letters do not matter. What another name resolves to is looked at when it is asked.
pub fn is_local_host(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
    let name = bare.to_ascii_lowercase();
    bare.parse().map_or(name == "localhost" || name.ends_with(".localhost"), is_local)
}

fn is_local_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 198 && (18..20).contains(&b))
        || (a == 192 && b == 0 && c == 0) // protocol assignments
        || (a == 192 && b == 88 && c == 99) // 6to4 relays, given up
}

/// Of IPv6 only what the registry of special-purpose addresses (RFC 6890 and its successors)
/// leaves as global unicast is public: `2000::/3` without tunnels (Teredo, 6to4), protocol
/// assignments and documentation. Mapped, compatible, unique-local, site-local, discard-only and
/// local NAT64 addresses all lie outside. The well-known NAT64 prefix is how networks without IPv4
/// reach it, so there the IPv4 address counts.
fn is_local_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_local_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        // 2001::/23 (Teredo is 2001::/32) and 2001:db8::/32.
        [0x2001, second, ..] => second < 0x0200 || second == 0x0db8,
        [0x2002, ..] => true,                    // 6to4
        [0x3fff, second, ..] => second < 0x1000, // documentation
        [first, ..] => first & 0xe000 != 0x2000,
    }
}
