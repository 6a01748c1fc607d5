"""One `cairn local` in a directory of its own, on ports that are free."""

import os
import shlex
import signal
import socket
import subprocess
import time
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 30


def free_port():
    """A TCP port of 127.0.0.1 below those that the system hands out to outgoing connections."""
    for port in range(free_port.next, 32_000):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        free_port.next = port + 1
        return port
    raise RuntimeError("no free port below 32000")


# Ports are taken long after they were chosen, so two runs at once must not choose the same ones.
free_port.next = 20_000 + os.getpid() % 110 * 100


class Stack:
    """`env` holds what `cairn local` writes to DIR/env."""

    def __init__(self, cairn: Path, directory: Path):
        self.http_01_port = free_port()
        self.tls_alpn_01_port = free_port()
        self.log = directory.parent / "cairn.log"
        env_file = directory / "env"
        command = [cairn, "local", "--dir", directory, "--listen", f"localhost:{free_port()}"]
        command += ["--http-01-port", str(self.http_01_port)]
        command += ["--tls-alpn-01-port", str(self.tls_alpn_01_port)]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not env_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"cairn local did not start:\n{self.log.read_text()}")
            time.sleep(0.05)
        words = (shlex.split(line)[0] for line in env_file.read_text().splitlines() if "=" in line)
        self.env = dict(word.split("=", 1) for word in words)
        self.directory_url = self.env["DIRECTORY_URL"]
        self.ca_bundle = self.env["CA_BUNDLE"]
        self.issuer_roots = self.env["ISSUER_ROOTS"]

    def stop(self):
        """Whether it ended in good order."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            return self.process.wait(STOP_SECONDS) == 0
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
