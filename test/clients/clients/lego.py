"""lego, Debian's package: http-01 at first, tls-alpn-01 for the renewal."""

from harness import Harness


def lego(harness: Harness):
    def run(key_type, name, solver, *command):
        port = {"http": harness.stack.http_01_port, "tls": harness.stack.tls_alpn_01_port}[solver]
        return harness.run(
            "lego", "--server", harness.stack.directory_url, "--accept-tos", "--path", harness.dir,
            "--email", f"hostmaster@{name}", "--key-type", key_type,
            f"--{solver}", f"--{solver}.port", f"127.0.0.1:{port}", "--domains", name,
            *command,
            env={"LEGO_CA_CERTIFICATES": harness.stack.ca_bundle},
        )  # fmt: skip

    for key_type, stored in (("ec256", "P-256"), ("ec384", "P-384"), ("rsa2048", "RSA-2048")):
        name = harness.domain(key_type)
        chain = harness.dir / "certificates" / f"{name}.crt"
        key = chain.with_suffix(".key")
        run(key_type, name, "http", "run")
        serial = harness.check(chain, [name], stored)
        run(key_type, name, "tls", "renew", "--days", "365", "--no-random-sleep")
        harness.check_renewed(chain, [name], stored, serial)
        run(key_type, name, "http", "revoke", "--keep", "--reason", "4")
        harness.check_revoked(chain, key)


CLIENTS = {"lego": lego}
