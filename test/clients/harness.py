"""What a client's test is given: a directory, commands with logs, checks of what was issued."""

import os
import socket
import ssl
import subprocess
import time
from pathlib import Path

import certificates
from stack import Stack, free_port

COMMAND_SECONDS = 120


class Failed(Exception):
    """An expectation that did not hold."""


class Harness:
    """For one client. Everything that it runs is logged to `log`; `tools` is target/clients."""

    def __init__(self, name: str, stack: Stack, directory: Path, tools: Path):
        self.name = name
        self.stack = stack
        self.dir = directory
        self.tools = tools
        self.log = directory / "log"
        self._processes = []
        directory.mkdir()

    def domain(self, label: str, zone: str = "test"):
        """A name of this client's own that resolves to loopback."""
        return f"{label}.{self.name}.{zone}"

    # Where the scripts and templates of the tests are.
    source = Path(__file__).parent

    free_port = staticmethod(free_port)

    def note(self, text: str):
        with self.log.open("a") as log:
            log.write(f"{text}\n")

    def run(self, *command, env=None, cwd=None, status=0):
        """Runs a command to its end and gives its output; any exit status but `status` is a failure."""
        words = [str(word) for word in command]
        self.note(f"$ {' '.join(words)}")
        try:
            done = subprocess.run(
                words,
                env={**os.environ, **(env or {})},
                cwd=cwd or self.dir,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=COMMAND_SECONDS,
                check=False,
                text=True,
            )
        except subprocess.TimeoutExpired as expired:
            self.note((expired.output or b"").decode(errors="replace"))
            raise Failed(f"{words[0]} did not end in {COMMAND_SECONDS} s") from expired
        self.note(f"{done.stdout.rstrip()}\n[exit status {done.returncode}]")
        if done.returncode != status:
            raise Failed(f"{words[0]} ended with status {done.returncode}, not {status}")
        return done.stdout

    def spawn(self, *command, env=None):
        """Starts a server, which is ended with the test."""
        words = [str(word) for word in command]
        self.note(f"$ {' '.join(words)} &")
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                words,
                env={**os.environ, **(env or {})},
                cwd=self.dir,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._processes.append(process)
        return process

    def close(self):
        """Ends what was started."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def wait_for(self, what: str, ask, seconds=60):
        """Asks until the answer is true, and gives it."""
        deadline = time.monotonic() + seconds
        while not (answer := ask()):
            if time.monotonic() > deadline:
                raise Failed(f"{what}: not in {seconds} s")
            time.sleep(0.1)
        return answer

    def expect(self, condition, what: str):
        if not condition:
            raise Failed(what)

    def served_serial(self, port: int, name: str):
        """The serial number of the certificate by which a local server proves to be `name`; None
        while it does not."""
        context = ssl.create_default_context(cafile=self.stack.issuer_roots)
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as plain:
                with context.wrap_socket(plain, server_hostname=name) as secure:
                    return secure.getpeercert()["serialNumber"]
        except OSError:
            return None

    def check(self, chain: Path, names, key_type: str):
        """Checks a chain file that a client stored: who vouches for it, for what, and its lint.
        Gives the serial number."""
        return certificates.check(self, Path(chain), sorted(names), key_type)

    def check_renewed(self, chain: Path, names, key_type: str, previous: str):
        """As `check`, and that it is another certificate than before."""
        serial = self.check(chain, names, key_type)
        self.expect(serial != previous, f"serial number {serial} was not renewed")
        return serial

    def revoke_by_key(self, chain: Path, key: Path):
        """Revokes with the certificate's own key, by certbot: for clients that cannot revoke."""
        output = self._revoke_by_key(chain, key, status=0)
        self.expect("revoked" in output, "certbot does not say that it revoked")
        self.check_revoked(chain, key)

    def check_revoked(self, chain: Path, key: Path):
        """A certificate that is revoked is refused a second revocation (RFC 8555 section 7.6)."""
        self._revoke_by_key(chain, key, status=1)
        # certbot prints the problem's detail only; its type is in its log.
        log = (self.dir / "revoking/letsencrypt.log").read_text()
        self.expect("urn:ietf:params:acme:error:alreadyRevoked" in log, f"{chain} is not revoked")

    def _revoke_by_key(self, chain, key, status):
        return self.run(
            self.tools / "certbot/bin/certbot", "revoke", "--non-interactive", "--no-delete-after-revoke",
            "--server", self.stack.directory_url, "--cert-path", chain, "--key-path", key,
            *(word for kind in ("config", "work", "logs") for word in (f"--{kind}-dir", self.dir / "revoking")),
            env={"REQUESTS_CA_BUNDLE": self.stack.ca_bundle},
            status=status,
        )  # fmt: skip
