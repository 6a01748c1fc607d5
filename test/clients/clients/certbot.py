"""certbot twice: Debian's, and the newest release."""

from harness import Harness

DEBIAN = ["/usr/bin/python3", "-c", "from certbot.main import main; raise SystemExit(main())"]


def debian(harness: Harness):
    """Debian's package, by http-01."""
    life_of_a_certificate(harness, DEBIAN)


def newest(harness: Harness):
    """The newest release from PyPI, by http-01. It asks for renewal information (RFC 9773) too."""
    life_of_a_certificate(harness, [harness.tools / "certbot/bin/certbot"])


def life_of_a_certificate(harness: Harness, program):
    def certbot(*arguments, status=0):
        return harness.run(
            *program, *arguments, "--non-interactive", "--server", harness.stack.directory_url,
            "--config-dir", harness.dir, "--work-dir", harness.dir, "--logs-dir", harness.dir,
            env={"REQUESTS_CA_BUNDLE": harness.stack.ca_bundle},
            status=status,
        )  # fmt: skip

    def obtain(key_type, names):
        return certbot(
            "certonly", "--standalone",
            "--http-01-address", "127.0.0.1", "--http-01-port", harness.stack.http_01_port,
            "--key-type", key_type, *(word for name in names for word in ("-d", name)),
        )  # fmt: skip

    certbot("register", "--agree-tos", "--email", f"hostmaster@{harness.domain('mail')}")
    certbot("update_account", "--email", f"webmaster@{harness.domain('mail')}")

    elliptic = [harness.domain("www"), harness.domain("www", "localhost"), harness.domain("www", "internal")]
    rsa = [harness.domain("rsa")]
    live = harness.dir / "live"
    obtain("ecdsa", elliptic)
    serial = harness.check(live / elliptic[0] / "fullchain.pem", elliptic, "P-256")
    obtain("rsa", rsa)
    rsa_serial = harness.check(live / rsa[0] / "fullchain.pem", rsa, "RSA-2048")

    output = certbot("renew")
    harness.expect("not due for renewal" in output, "a certificate was renewed that was not due")
    certbot("renew", "--force-renewal", "--no-random-sleep-on-renew")
    harness.check_renewed(live / elliptic[0] / "fullchain.pem", elliptic, "P-256", serial)
    harness.check_renewed(live / rsa[0] / "fullchain.pem", rsa, "RSA-2048", rsa_serial)

    for name in (elliptic[0], rsa[0]):
        chain, key = live / name / "fullchain.pem", live / name / "privkey.pem"
        certbot("revoke", "--cert-path", chain, "--reason", "superseded", "--no-delete-after-revoke")
        harness.check_revoked(chain, key)
    certbot("unregister")


CLIENTS = {"certbot-debian": debian, "certbot-newest": newest}
