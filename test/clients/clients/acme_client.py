"""The npm package acme-client, driven by a small script: see acme_client/life.js."""

from harness import Harness


def acme_client(harness: Harness):
    names = [harness.domain("www"), harness.domain("www", "internal")]
    harness.run(
        "node", harness.source / "clients/acme_client/life.js",
        harness.stack.directory_url, harness.stack.http_01_port, harness.dir, *names,
        env={
            "NODE_EXTRA_CA_CERTS": harness.stack.ca_bundle,
            "NODE_PATH": str(harness.tools / "acme_client/node_modules"),
        },
    )  # fmt: skip
    serial = harness.check(harness.dir / "first.pem", names, "P-256")
    harness.check_renewed(harness.dir / "second.pem", names, "P-256", serial)
    harness.check(harness.dir / "rsa.pem", names, "RSA-2048")
    for revoked in ("first", "second", "rsa"):
        harness.check_revoked(harness.dir / f"{revoked}.pem", harness.dir / f"{revoked}.key")


CLIENTS = {"acme-client": acme_client}
