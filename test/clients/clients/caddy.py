"""Caddy, Debian's package: a web server that obtains and renews by itself.

It has no command to revoke, so the certificate's key revokes, by certbot.
"""

import json

from harness import Harness

# Left of the certificate's life when Caddy is to renew; the second makes every certificate due.
WHEN_DUE = 1 / 3
AT_ONCE = 0.99999999


def caddy(harness: Harness):
    by_http, by_tls = harness.domain("http"), harness.domain("tls", "localhost")
    admin = f"127.0.0.1:{harness.free_port()}"
    # Caddy answers tls-alpn-01 on the port on which it serves HTTPS.
    https = harness.stack.tls_alpn_01_port
    store = harness.dir / "store"

    def policy(name, other_challenge, renewal_window):
        issuer = {
            "module": "acme",
            "ca": harness.stack.directory_url,
            "email": f"hostmaster@{by_http}",
            "trusted_roots_pem_files": [harness.stack.ca_bundle],
            "challenges": {"bind_host": "127.0.0.1", other_challenge: {"disabled": True}},
        }
        return {"subjects": [name], "issuers": [issuer], "renewal_window_ratio": renewal_window}

    def configuration(renewal_window):
        server = {
            "listen": [f"127.0.0.1:{https}"],
            "automatic_https": {"disable_redirects": True},
            "routes": [{
                "match": [{"host": [by_http, by_tls]}],
                "handle": [{"handler": "static_response", "body": "It works"}],
            }],
        }  # fmt: skip
        policies = [policy(by_http, "tls-alpn", renewal_window), policy(by_tls, "http", renewal_window)]
        path = harness.dir / "caddy.json"
        path.write_text(json.dumps({
            "admin": {"listen": admin, "config": {"persist": False}},
            "storage": {"module": "file_system", "root": str(store)},
            "apps": {
                "http": {
                    "http_port": harness.stack.http_01_port,
                    "https_port": https,
                    "servers": {"main": server},
                },
                "tls": {"automation": {"policies": policies}},
            },
        }))  # fmt: skip
        return path

    program = harness.tools / "caddy/usr/bin/caddy"
    home = {"HOME": str(harness.dir), "XDG_DATA_HOME": str(store), "XDG_CONFIG_HOME": str(store)}
    harness.spawn(program, "run", "--config", configuration(WHEN_DUE), env=home)

    serials, files = {}, {}
    for name in (by_http, by_tls):
        serials[name] = harness.wait_for(f"HTTPS for {name}", lambda: harness.served_serial(https, name))
        files[name] = next(store.glob(f"certificates/*/{name}/{name}.crt"))
        stored = harness.check(files[name], [name], "P-256")
        harness.expect(serials[name] == stored, f"Caddy serves {serials[name]}, and stored {stored}")

    harness.run(program, "reload", "--address", admin, "--config", configuration(AT_ONCE), env=home)
    for name in (by_http, by_tls):
        renewed = harness.wait_for(
            f"a renewed certificate for {name}",
            lambda: (serial := harness.served_serial(https, name)) != serials[name] and serial,
        )
        harness.expect(renewed, f"Caddy does not serve {name}")
    # No further renewal, so that the files are of one certificate.
    harness.close()
    for name, chain in files.items():
        harness.check_renewed(chain, [name], "P-256", serials[name])
        harness.revoke_by_key(chain, chain.with_suffix(".key"))


CLIENTS = {"caddy": caddy}
