"""Throughput of the server under 32 clients compared with the detector alone in one process.

    python -m benchmarks.serve [--pictures 200] [--clients 32] [--rounds 3] PICTURE…

Both process the same bytes on the same cores. The detector runs in as many threads as the server uses, with one thread
per inference. The server and the clients run in processes of their own. Rounds alternate between the two; the ratio is
that of the medians. A failed request ends the script with an error.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import httpx

from unmask import Detector


def free_port() -> int:
    """A free local TCP port."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def run_detector(detector: Detector, pictures: list[bytes], threads: int) -> float:
    """Images per second of the detector alone."""
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(detector.predict, pictures))
    return len(pictures) / (time.perf_counter() - started)


def run_clients(url: str, paths: list[str], count: int, number: int) -> float:
    """Run `count` clients in another process; returns images per second."""
    command = [sys.executable, __file__, "--client", url, "--clients", str(count), "--pictures", str(number), *paths]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def send_all(url: str, pictures: list[bytes], count: int) -> float:
    """Send every image once, `count` at a time; returns images per second."""
    session = httpx.Client(base_url=url, timeout=600, limits=httpx.Limits(max_connections=count))

    def send(data: bytes) -> None:
        answer = session.post("/v1/detect", files={"files": ("picture.jpg", data)})
        answer.raise_for_status()
        assert "label" in answer.json()["results"][0]

    send(pictures[0])
    started = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(send, pictures))
    return len(pictures) / (time.perf_counter() - started)


@contextmanager
def serving(**variables: str) -> Iterator[str]:
    """The address of a running server with its own data folder; it ends with the `with` block.

    Args:
        variables: environment variables of the server.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "unmask", "serve", "--port", str(port)]
        environment = {**os.environ, "UNMASK_DATA_DIR": folder, **variables}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until_ready(url, process)
            yield url
        finally:
            process.terminate()
            process.wait()


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server can judge pictures.

    Raises:
        RuntimeError: the server ended before.
    """
    while process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"the server ended with exit code {process.returncode}")


def main() -> None:
    """Read the command line, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("paths", nargs="*", default=[str(files("unmask").joinpath("samples", "astronaut.jpg"))])
    parser.add_argument("--pictures", type=int, default=200, help="images per round")
    parser.add_argument("--clients", type=int, default=32, help="simultaneous requests")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each")
    parser.add_argument("--client", metavar="URL", help="run only the clients against this server")
    asked = parser.parse_args()
    read = [Path(path).read_bytes() for path in asked.paths]
    pictures = [read[number % len(read)] for number in range(asked.pictures)]
    if asked.client:
        print(send_all(asked.client, pictures, asked.clients))
        return
    threads = os.cpu_count() or 1
    detector = Detector.load(threads=1)
    detector.predict(pictures[0])
    alone, served = [], []
    with serving() as url:
        for _ in range(asked.rounds):
            alone.append(run_detector(detector, pictures, threads))
            served.append(run_clients(url, asked.paths, asked.clients, asked.pictures))
    first, second = statistics.median(alone), statistics.median(served)
    print("| what | images/s, median | rounds |\n|---|---|---|")
    print(f"| detector alone, {threads} threads | {first:.1f} | {' '.join(f'{rate:.1f}' for rate in alone)} |")
    print(f"| server, {asked.clients} clients | {second:.1f} | {' '.join(f'{rate:.1f}' for rate in served)} |")
    print(f"| ratio | {second / first:.2f} | of {asked.pictures} images each, no request failed |")


if __name__ == "__main__":
    main()
