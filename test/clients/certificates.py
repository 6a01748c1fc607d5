"""Checks of an issued chain by programs that are not ours: OpenSSL, GnuTLS and pkilint."""

import json
import re
from pathlib import Path

# Findings of pkilint above NOTICE that the local stack's certificates may have, and why. Anything
# else fails the test.
EXPLAINED = {
    "cabf.internal_domain_name": "the local stack issues for .test, .localhost and .internal, which lead to loopback",
    "cabf.serverauth.subscriber.revocation_information_absent": "the local stack publishes no CRL",
    "msft.end_entity.revocation_information_absent": "the local stack publishes no CRL",
    "cabf.serverauth.subscriber.authority_info_access_extension_absent": (
        "the URL of the issuer's certificate would have to be plain http, and the local stack serves HTTPS only"
    ),
}

SEVERITIES = ["DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "FATAL"]
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n", re.DOTALL)


def check(harness, chain: Path, names, key_type: str):
    """See `Harness.check`."""
    certificates = CERTIFICATE.findall(chain.read_text())
    harness.expect(len(certificates) >= 2, f"{chain} holds {len(certificates)} certificates, no chain")
    leaf, intermediates = harness.dir / "leaf.pem", harness.dir / "intermediates.pem"
    leaf.write_text(certificates[0])
    intermediates.write_text("".join(certificates[1:]))

    text = harness.run("openssl", "x509", "-in", leaf, "-noout", "-serial", "-pubkey", "-ext", "subjectAltName")
    found = sorted(re.findall(r"DNS:([^,\s]+)", text))
    harness.expect(found == names, f"issued for {found}, not {names}")
    key = harness.run("openssl", "x509", "-in", leaf, "-noout", "-text")
    expected = {"P-256": "NIST CURVE: P-256", "P-384": "NIST CURVE: P-384", "RSA-2048": "Public-Key: (2048 bit)"}
    harness.expect(expected[key_type] in key, f"the key is not {key_type}")

    roots = harness.stack.issuer_roots
    harness.run(
        "openssl", "verify", "-x509_strict", "-purpose", "sslserver",
        "-CAfile", roots, "-untrusted", intermediates, leaf,
    )  # fmt: skip
    output = harness.run(
        "certtool", "--verify", "--verify-profile=medium", "--verify-purpose=1.3.6.1.5.5.7.3.1",
        f"--verify-hostname={names[0]}", f"--load-ca-certificate={roots}", f"--infile={chain}",
    )  # fmt: skip
    harness.expect("The certificate is trusted" in output, "GnuTLS does not trust the chain")
    lint(harness, leaf)
    return re.search(r"serial=([0-9A-F]+)", text).group(1)


def lint(harness, leaf: Path):
    """Fails on a finding above NOTICE that is not explained."""
    linter = harness.tools / "pkilint/bin/lint_cabf_serverauth_cert"
    # The exit status is the number of findings, so it is not looked at; an answer that is no JSON fails.
    output = harness.run("sh", "-c", f"'{linter}' lint --type DV-FINAL-CERTIFICATE -s INFO -f JSON '{leaf}' || :")
    findings = [
        (finding["severity"], finding["code"])
        for result in json.loads(output)["results"]
        for finding in result["finding_descriptions"]
    ]
    threshold = SEVERITIES.index("NOTICE")
    bad = {
        f"{severity} {code}"
        for severity, code in findings
        if SEVERITIES.index(severity) > threshold and code not in EXPLAINED
    }
    harness.expect(not bad, f"pkilint: {', '.join(sorted(bad))}")
