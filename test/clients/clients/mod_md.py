"""Apache's mod_md, Debian's package: a web server of our own configuration, as an ordinary process.

It cannot revoke, so the certificate's key revokes, by certbot.
"""

import os
import signal
from string import Template

from harness import Harness

# Renewed when so much of its life is left; the second is all of it.
WHEN_DUE = "30d"
AT_ONCE = "2160h"


def mod_md(harness: Harness):
    names = [harness.domain("www"), harness.domain("mail")]
    https = harness.free_port()
    # Its workers may be another user, who cannot read the stack's directory.
    bundle = harness.dir / "ca.pem"
    with open(harness.stack.ca_bundle) as original:
        bundle.write_text(original.read())
    template = Template((harness.source / "clients/mod_md.conf").read_text())
    config = harness.dir / "httpd.conf"

    def configure(renew_window):
        config.write_text(
            template.substitute(
                dir=harness.dir,
                # Apache started by root refuses to serve as root.
                user="User nobody\nGroup nogroup" if os.geteuid() == 0 else "",
                directory_url=harness.stack.directory_url,
                bundle=bundle,
                names=" ".join(names),
                first=names[0],
                second=names[1],
                http=harness.stack.http_01_port,
                https=https,
                renew_window=renew_window,
            )
        )

    configure(WHEN_DUE)
    server = harness.spawn("/usr/sbin/apache2", "-d", harness.dir, "-f", config, "-DFOREGROUND")
    staged = harness.dir / "md/staging" / names[0] / "job.json"
    stored = harness.dir / "md/domains" / names[0]

    def activate():
        """A certificate is obtained aside, and served after a graceful restart."""
        harness.wait_for("a staged certificate", lambda: staged.exists() and '"finished": true' in staged.read_text())
        server.send_signal(signal.SIGUSR1)

    activate()
    files = {"P-256": ("pubcert.secp256r1.pem", "privkey.secp256r1.pem"), "RSA-2048": ("pubcert.pem", "privkey.pem")}
    serials = {}
    for key_type, (chain, _) in files.items():
        harness.wait_for(chain, (stored / chain).exists)
        serials[key_type] = harness.check(stored / chain, names, key_type)
    harness.wait_for("HTTPS", lambda: harness.served_serial(https, names[1]) in serials.values())

    configure(AT_ONCE)
    server.send_signal(signal.SIGUSR1)
    activate()
    harness.wait_for("renewed HTTPS", lambda: harness.served_serial(https, names[1]) not in {None, *serials.values()})
    harness.close()
    for key_type, (chain, key) in files.items():
        harness.check_renewed(stored / chain, names, key_type, serials[key_type])
        harness.revoke_by_key(stored / chain, stored / key)


CLIENTS = {"mod-md": mod_md}
