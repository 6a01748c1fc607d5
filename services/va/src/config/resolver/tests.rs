use super::*;

#[test]
fn resolvers_are_read_and_written_alike() {
    for (text, written) in [
        ("192.0.2.53:53", "192.0.2.53:53"),
        ("192.0.2.53", "192.0.2.53:53"),
        ("[2001:db8::53]", "[2001:db8::53]:53"),
        ("udp://[2001:db8::53]:5353", "[2001:db8::53]:5353"),
        ("tcp://192.0.2.53", "tcp://192.0.2.53:53"),
        ("tls://dns.example@192.0.2.53", "tls://dns.example@192.0.2.53:853"),
        (
            "tls://192.0.2.53@192.0.2.53:8853",
            "tls://192.0.2.53@192.0.2.53:8853",
        ),
        (
            "https://dns.example@[2001:db8::53]",
            "https://dns.example@[2001:db8::53]:443/dns-query",
        ),
        (
            "https://dns.example@192.0.2.53:8443/ask/me",
            "https://dns.example@192.0.2.53:8443/ask/me",
        ),
    ] {
        let resolver: Resolver = text.parse().unwrap();
        assert_eq!(resolver.to_string(), written, "{text}");
        assert_eq!(written.parse(), Ok(resolver));
    }
}

#[test]
fn what_is_none_is_refused() {
    for (text, why) in [
        ("", "address"),
        ("resolver.example:53", "address"),
        ("192.0.2.53:0", "address"),
        ("2001:db8::53", "address"),
        ("[192.0.2.53]", "address"),
        ("192.0.2.53:65536", "address"),
        ("tls://192.0.2.53", "certificate"),
        ("tls://dns.example:853", "certificate"),
        ("tls://DNS.example@192.0.2.53", "certificate"),
        ("tls://*.example@192.0.2.53", "certificate"),
        ("tls://dns.example@dns.example", "address"),
        ("https://dns.example/dns-query", "certificate"),
        ("https://dns.example@192.0.2.53/dns-query{?dns}", "path"),
        ("https://dns.example@192.0.2.53/a b", "path"),
        ("quic://192.0.2.53", "scheme"),
        ("UDP://192.0.2.53", "scheme"),
    ] {
        let error = text.parse::<Resolver>().unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}
