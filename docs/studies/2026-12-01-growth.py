"""How does the cost of inspection grow: with workers, the size of frames, lines, the ledger, frames that wait?

    python3 2026-12-01-growth.py [--programs DIR] [--folder DIR] [--rows 1000000,10000000] [--waiting 100000]
                                 [--only workers,sizes,lines,ledger,waiting] [--output growth.json]

Runs the real programs on the demo's frames (384×288). Needs only Python, `djpeg` and `cjpeg`. A million rows of the ledger take
2 GB of disk and two minutes. `--output` gets all numbers; plots of them are written beside it as SVG.
"""

import argparse
import glob
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time


class Plant:
    """A configuration of some lines in a folder, and the daemon on it."""

    def __init__(self, folder, programs, demo, lines=1, workers=2, models=1):
        self.folder, self.programs, self.lines = folder, programs, lines
        os.makedirs(folder)
        text = f"state: state\nspool: spool\nworkers: {workers}\nlines:\n"
        for number in range(lines):
            os.makedirs(self.watched(number))
            text += (f"  - {{name: l{number}, watch: cameras/l{number}, model: m{number % models}, "
                     "false_alarm_rate: 0.02, after: delete, overlay: never}\n")
        self.config = os.path.join(folder, "inspectd.yaml")
        with open(self.config, "w") as file:
            file.write(text)
        bundle = os.path.join(folder, "m.model")
        self.control("model", "export", "plate", bundle, config=os.path.join(demo, "inspectd.yaml"))
        for number in range(models):
            self.control("model", "import", bundle, "--name", f"m{number}")

    def watched(self, number):
        return os.path.join(self.folder, f"cameras/l{number}")

    def control(self, *arguments, config=None):
        command = [os.path.join(self.programs, "inspectctl"), *arguments, "--config", config or self.config, "--quiet"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def start(self):
        """Starts the daemon; returns the seconds until it was ready."""
        self.log = open(os.path.join(self.folder, "inspectd.log"), "w+")
        begin = time.monotonic()
        self.daemon = subprocess.Popen(
            [os.path.join(self.programs, "inspectd"), "--config", self.config], stderr=self.log, stdout=self.log)
        while " ready" not in open(self.log.name).read():
            if self.daemon.poll() is not None:
                sys.exit(open(self.log.name).read()[-2000:])
            time.sleep(0.01)
        return time.monotonic() - begin

    def memory(self, key):
        """`VmRSS` or `VmHWM`, MiB."""
        with open(f"/proc/{self.daemon.pid}/status") as file:
            return next(int(line.split()[1]) / 1024 for line in file if line.startswith(key))

    def recorded(self):
        with sqlite3.connect(f"file:{self.folder}/state/ledger.sqlite?mode=ro", uri=True, timeout=30) as ledger:
            return ledger.execute("SELECT COUNT(*) FROM inspection").fetchone()[0]

    def wait(self, count):
        """Seconds until so many frames are recorded, from now."""
        begin = time.monotonic()
        while self.recorded() < count:
            if self.daemon.poll() is not None:
                sys.exit("the daemon has ended: " + open(self.log.name).read()[-2000:])
            time.sleep(0.02)
        return time.monotonic() - begin

    def drop(self, number, frame, names):
        """Frames appear in a line's folder whole, under these names."""
        outside = os.path.join(self.folder, ".arriving")
        for name in names:
            shutil.copy(frame, outside)
            os.rename(outside, os.path.join(self.watched(number), name))

    def stop(self):
        self.daemon.send_signal(signal.SIGTERM)
        self.daemon.wait()


def throughput(plant, frames, count):
    """Frames per second of `count` frames that arrive while the daemon runs, those of its first two seconds apart."""
    plant.drop(0, frames[0], ["warm.jpg"])
    plant.wait(1)
    begin = time.monotonic()
    for number in range(count):
        plant.drop(0, frames[number % len(frames)], [f"f{number}.jpg"])
    plant.wait(count + 1)
    return count / (time.monotonic() - begin)


def enlarged(frame, factor, target):
    """The frame with every pixel repeated `factor` times in both directions, as a JPEG."""
    ppm = subprocess.run(["djpeg", "-pnm", frame], check=True, capture_output=True).stdout
    magic, size, depth, pixels = ppm.split(b"\n", 3)
    width, height = map(int, size.split())
    with open(target + ".ppm", "wb") as file:
        file.write(b"P6\n%d %d\n255\n" % (width * factor, height * factor))
        for y in range(height):
            row, wide = pixels[3 * width * y:3 * width * (y + 1)], bytearray(3 * width * factor)
            for repeat in range(factor):
                for channel in range(3):
                    wide[3 * repeat + channel::3 * factor] = row[channel::3]
            file.write(bytes(wide) * factor)
    with open(target, "wb") as file:
        subprocess.run(["cjpeg", "-quality", "88", target + ".ppm"], check=True, stdout=file)
    os.remove(target + ".ppm")
    return width * height * factor * factor / 1e6


def of_workers(make, frames):
    for workers in (1, 2):
        plant = make(workers=workers)
        plant.start()
        yield {"workers": workers, "frames_per_second": throughput(plant, frames, 400), "MiB": plant.memory("VmHWM")}
        plant.stop()


def of_sizes(make, frames):
    for factor in (1, 2, 3, 5, 10, 16, 23):
        plant = make()
        large = os.path.join(plant.folder, "large.jpg")
        megapixels = enlarged(frames[0], factor, large)
        plant.start()
        rate = throughput(plant, [large], max(8, min(200, int(100 / megapixels))))
        yield {"megapixels": megapixels, "frames_per_second": rate, "MiB": plant.memory("VmHWM")}
        plant.stop()


def of_lines(make, frames):
    for lines in (1, 3, 10, 30, 100):
        plant = make(lines=lines, models=lines)
        seconds, ready = plant.start(), plant.memory("VmRSS")
        begin = time.monotonic()
        for turn in range(4):
            for line in range(lines):
                plant.drop(line, frames[(turn + line) % len(frames)], [f"f{turn}.jpg"])
        plant.wait(4 * lines)
        yield {"lines": lines, "seconds_to_ready": seconds, "MiB_when_ready": ready, "MiB": plant.memory("VmRSS"),
               "frames_per_second": 4 * lines / (time.monotonic() - begin)}
        plant.stop()


def of_ledger(make, frames, counts):
    plant = make()
    plant.start()
    plant.drop(0, frames[0], ["one.jpg"])
    plant.wait(1)
    plant.stop()
    filled = 0
    for count in counts:
        with sqlite3.connect(f"{plant.folder}/state/ledger.sqlite") as ledger:
            ledger.execute("PRAGMA synchronous = OFF")
            columns = [row[1] for row in ledger.execute("PRAGMA table_info(inspection)")]
            values = ", ".join({"id": "printf('%021x', n)", "created_at": "created_at - n"}.get(c, c) for c in columns)
            ledger.execute(
                f"WITH RECURSIVE numbers(n) AS (SELECT {filled + 1} UNION ALL SELECT n + 1 FROM numbers WHERE n < {count}) "
                f"INSERT INTO inspection ({', '.join(columns)}) SELECT {values} FROM numbers, "
                "(SELECT * FROM inspection WHERE id NOT LIKE '0000%' LIMIT 1)")
        filled = count
        plant.start()
        row = {"rows": count, "GB": os.path.getsize(f"{plant.folder}/state/ledger.sqlite") / 1e9}
        for name, command in {
            "history": ["history"], "history_of_a_line": ["history", "--line", "l0", "--since", "30d"],
            "history_of_anomalies": ["history", "--verdict", "anomalous"], "status": ["status"],
        }.items():
            times = []
            for _ in range(5):
                begin = time.monotonic()
                plant.control(*command)
                times.append(time.monotonic() - begin)
            row[name] = sorted(times)[2]
        before = plant.recorded()
        begin = time.monotonic()
        plant.drop(0, frames[0], [f"more{count}-{n}.jpg" for n in range(200)])
        plant.wait(before + 200)
        row["frames_per_second"], row["MiB"] = 200 / (time.monotonic() - begin), plant.memory("VmHWM")
        plant.stop()
        yield row


def of_waiting(make, frames, count):
    plant = make()
    for number in range(count):
        os.link(frames[0], os.path.join(plant.watched(0), f"{number:06}.jpg")) if os.stat(frames[0]).st_nlink < 60000 \
            else shutil.copy(frames[0], os.path.join(plant.watched(0), f"{number:06}.jpg"))
    ready = plant.start()
    first = plant.wait(1)
    measured = min(count, 2000)
    rate = measured / plant.wait(measured) if measured > 1 else 0
    yield {"waiting": count, "seconds_to_ready": ready, "seconds_to_first": first, "frames_per_second": rate,
           "MiB": plant.memory("VmHWM")}
    plant.stop()


def plot(rows, across, up, target, logarithmic=True):
    """One line of points as SVG, both axes logarithmic by default."""
    import math
    scale = math.log10 if logarithmic else float
    xs, ys = [scale(row[across]) for row in rows], [scale(row[up]) for row in rows]
    width, height, edge = 480, 300, 60

    def place(value, values, length):
        low, high = min(values), max(values)
        return (value - low) / (high - low or 1) * length

    points = [(edge + place(x, xs, width - 2 * edge), height - edge - place(y, ys, height - 2 * edge)) for x, y in zip(xs, ys)]
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
             f'<rect width="{width}" height="{height}" fill="white"/>',
             f'<polyline fill="none" stroke="#0b62a4" stroke-width="2" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>']
    for (x, y), row in zip(points, rows):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#0b62a4"/>')
        parts.append(f'<text x="{x:.1f}" y="{y - 8:.1f}" text-anchor="middle">{row[up]:.3g}</text>')
        parts.append(f'<text x="{x:.1f}" y="{height - edge + 18}" text-anchor="middle">{row[across]:.3g}</text>')
    parts.append(f'<text x="{width / 2}" y="{height - 14}" text-anchor="middle">{across.replace("_", " ")}</text>')
    parts.append(f'<text x="{edge}" y="24">{up.replace("_", " ")}</text></svg>')
    with open(target, "w") as file:
        file.write("\n".join(parts) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", default=os.path.dirname(shutil.which("inspectctl") or ""))
    parser.add_argument("--folder", default=tempfile.gettempdir())
    parser.add_argument("--rows", default="1000000,10000000")
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--only", default="workers,sizes,lines,ledger,waiting")
    parser.add_argument("--output", default="growth.json")
    options = parser.parse_args()
    results = {}
    with tempfile.TemporaryDirectory(dir=options.folder) as root:
        demo = os.path.join(root, "demo")
        subprocess.run([os.path.join(options.programs, "inspectctl"), "demo", demo, "--quiet"], check=True,
                       stdout=subprocess.DEVNULL)
        frames = sorted(glob.glob(os.path.join(demo, "pictures/plate/test/good/*.jpg")))
        made = []

        def make(**settings):
            made.append(os.path.join(root, f"plant{len(made)}"))
            return Plant(made[-1], options.programs, demo, **settings)

        studies = {
            "workers": lambda: of_workers(make, frames), "sizes": lambda: of_sizes(make, frames),
            "lines": lambda: of_lines(make, frames),
            "ledger": lambda: of_ledger(make, frames, [int(rows) for rows in options.rows.split(",")]),
            "waiting": lambda: of_waiting(make, frames, options.waiting),
        }
        for name in options.only.split(","):
            results[name] = []
            for row in studies[name]():
                results[name].append(row)
                print(name, json.dumps({key: round(value, 3) for key, value in row.items()}), flush=True)
            for folder in made:
                shutil.rmtree(folder, ignore_errors=True)
    with open(options.output, "w") as file:
        json.dump(results, file, indent=1)
    stem = os.path.splitext(options.output)[0]
    for name, across, up in [("sizes", "megapixels", "frames_per_second"), ("sizes", "megapixels", "MiB"),
                             ("lines", "lines", "MiB"), ("lines", "lines", "seconds_to_ready"), ("ledger", "rows", "history")]:
        if len(results.get(name, [])) > 1:
            plot(results[name], across, up, f"{stem}-{name}-{up}.svg")


main()
