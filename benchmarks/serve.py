"""What serving costs: the server's throughput under 32 clients against the bare detector in one process.

    python -m benchmarks.serve [--pictures 200] [--clients 32] [--rounds 3] PICTURE…

Both judge the same bytes on the same cores: the bare detector in as many threads as the server uses, with one thread
for each inference; the server is a process of its own, and so are the clients. Rounds alternate between the two, and
the ratio is that of the medians. A request that fails makes the script fail.
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
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path

import httpx

from unmask import Detector


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def bare(detector: Detector, pictures: list[bytes], threads: int) -> float:
    """Pictures a second of the detector by itself."""
    started = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(detector.predict, pictures))
    return len(pictures) / (time.perf_counter() - started)


def clients(url: str, paths: list[str], count: int, number: int) -> float:
    """Run `count` clients in another process; pictures a second."""
    command = [sys.executable, __file__, "--client", url, "--clients", str(count), "--pictures", str(number), *paths]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def client(url: str, pictures: list[bytes], count: int) -> float:
    """What the other process does: send every picture once, `count` at a time."""
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


def serving(url: str, port: int, folder: str) -> subprocess.Popen[bytes]:
    """A running server."""
    command = [sys.executable, "-m", "unmask", "serve", "--port", str(port)]
    environment = {**os.environ, "UNMASK_DATA_DIR": folder}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return process
        except httpx.TransportError:
            time.sleep(0.1)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("paths", nargs="*", default=[str(files("unmask").joinpath("samples", "astronaut.jpg"))])
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--client", metavar="URL")
    asked = parser.parse_args()
    read = [Path(path).read_bytes() for path in asked.paths]
    pictures = [read[number % len(read)] for number in range(asked.pictures)]
    if asked.client:
        print(client(asked.client, pictures, asked.clients))
        return
    threads = os.cpu_count() or 1
    detector = Detector.load(threads=1)
    detector.predict(pictures[0])
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    alone, served = [], []
    with tempfile.TemporaryDirectory() as folder:
        process = serving(url, port, folder)
        try:
            for _ in range(asked.rounds):
                alone.append(bare(detector, pictures, threads))
                served.append(clients(url, asked.paths, asked.clients, asked.pictures))
        finally:
            process.terminate()
            process.wait()
    first, second = statistics.median(alone), statistics.median(served)
    print("| what | pictures/s, median | rounds |\n|---|---|---|")
    print(f"| bare detector, {threads} threads | {first:.1f} | {' '.join(f'{rate:.1f}' for rate in alone)} |")
    print(f"| server, {asked.clients} clients | {second:.1f} | {' '.join(f'{rate:.1f}' for rate in served)} |")
    print(f"| ratio | {second / first:.2f} | of {asked.pictures} pictures each, no request failed |")


if __name__ == "__main__":
    main()
