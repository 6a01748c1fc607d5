"""dehydrated, Debian's package: a shell script, which does not retry when a nonce is refused."""

from harness import Harness


def dehydrated(harness: Harness):
    webroot = harness.dir / "webroot"
    wellknown = webroot / ".well-known/acme-challenge"
    wellknown.mkdir(parents=True)
    harness.spawn(
        "/usr/bin/python3", "-m", "http.server",
        "--bind", "127.0.0.1", "--directory", webroot, harness.stack.http_01_port,
    )  # fmt: skip
    config = harness.dir / "config"
    config.write_text(
        f"CA={harness.stack.directory_url}\n"
        f"CURL_OPTS='--cacert {harness.stack.ca_bundle}'\n"
        f"WELLKNOWN={wellknown}\n"
        f"BASEDIR={harness.dir}\n"
        "CHALLENGETYPE=http-01\n"
    )

    def run(*arguments):
        return harness.run("dehydrated", "--config", config, *arguments)

    names = [harness.domain("www"), harness.domain("mail")]
    run("--register", "--accept-terms")
    for algorithm, key_type in (("prime256v1", "P-256"), ("rsa", "RSA-2048")):
        # Two certificates for the same names, with keys of two kinds.
        lineage = harness.dir / "certs" / algorithm
        options = ["--algo", algorithm, "--alias", algorithm, *(word for name in names for word in ("-d", name))]
        if algorithm == "rsa":
            config.write_text(config.read_text() + "KEYSIZE=2048\n")
        run("--cron", *options)
        serial = harness.check(lineage / "fullchain.pem", names, key_type)
        run("--cron", "--force", "--force-validation", *options)
        harness.check_renewed(lineage / "fullchain.pem", names, key_type, serial)
        # Revoking renames the file: a copy is kept to ask for again.
        kept = harness.dir / f"{algorithm}.pem"
        kept.write_text((lineage / "fullchain.pem").read_text())
        run("--revoke", (lineage / "cert.pem").resolve())
        harness.check_revoked(kept, lineage / "privkey.pem")
    run("--deactivate")


CLIENTS = {"dehydrated": dehydrated}
