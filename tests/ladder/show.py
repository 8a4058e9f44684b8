"""Writes figures as docs/loss-ladder.json, as tables between the marks in docs/loss-ladder.md, and as docs/loss-ladder.svg."""

import json
import pathlib
import platform
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
NAMES = {"nothing": "nothing", "fec": "FEC", "red-1": "RED-1", "red-2": "RED-2", "chosen": "as chosen"}
COLOURS = {"nothing": "#777777", "fec": "#d55e00", "red-1": "#0072b2", "red-2": "#009e73", "chosen": "#cc79a7"}
WAYS = {
    "up": "Speaker's way up is weak",
    "down": "Listener's way down is weak",
    "both": "Both ways are weak",
}
THROUGH = {"relay": "", "janus": ", Janus"}
LINES = {"relay": "-", "janus": ":"}
BEGIN, END = "<!-- figures: written by scripts/ladder -->", "<!-- end of figures -->"


def right(cell):
    """Percent of words understood: all but the wrong, missing and added ones."""
    return 100 * max(0, 1 - cell["word_errors"] / cell["words"])


QUANTITIES = [
    ("Words understood, %", right, "{:.1f}"),
    ("PESQ, wideband", lambda cell: cell["pesq"], "{:.2f}"),
    ("Made up, ms a minute", lambda cell: cell["made_up_ms_per_minute"], "{:,.0f}"),
    ("On the wire, kb/s", lambda cell: cell["wire_kbps"], "{:.0f}"),
]


def of_way(figures, way):
    """{rung: {(protection, through): cell}}, in the order they were measured."""
    rungs = {}
    for cell in figures["cells"]:
        if cell["weak"] == way:
            rungs.setdefault(cell["loss"], {})[cell["protection"], cell["through"]] = cell
    return rungs


def columns(rungs):
    """What was measured of it: each protection, ours and then Janus."""
    all_columns = [(protection, through) for protection in NAMES for through in THROUGH]
    return [column for column in all_columns if any(column in cells for cells in rungs.values())]


def table(figures, way):
    rungs = of_way(figures, way)
    shown = columns(rungs)
    names = [NAMES[protection] + THROUGH[through] for protection, through in shown]
    lines = [f"### {WAYS[way]}", ""]
    for title, value, form in QUANTITIES:
        lines += [f"| {title} | " + " | ".join(names) + " |", "|---|" + "---:|" * len(names)]
        for rung, cells in rungs.items():
            row = [form.format(value(cells[name])) if name in cells else "" for name in shown]
            lines.append(f"| {rung} | " + " | ".join(row) + " |")
        lines.append("")
    return lines


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def measured(figures, cores):
    before = figures["before_the_network"]
    worst = max(cell["clock_late_ms"] for cell in figures["cells"])
    return [
        f"Measured with `scripts/ladder {figures['command']}`: {figures['sentences']} sentences, {before['words']} words,"
        f" {figures['seconds']:.0f} s for each cell; seed {figures['seed']};"
        f" {figures['cells_at_the_same_time']} cells and a control at the same time on {cores} cores"
        f" ({figures['processor']}). Before any network {right(before):.1f} % of the words are understood. The clocks"
        f" of the measurement were at most {worst:.0f} ms late.",
        "",
    ]


def write_tables(figures):
    page = DOCS / "loss-ladder.md"
    text = page.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    lines = measured(figures, figures["cores"])
    for way in WAYS:
        lines += table(figures, way)
    page.write_text(text[:begin] + "\n" + "\n".join(lines) + text[end:])


def plot(figures):
    plt.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ladder", "font.size": 9})
    drawn = QUANTITIES[:3]
    chart, axes = plt.subplots(len(drawn), len(WAYS), figsize=(14, 10), sharex=True, sharey="row")
    for column, way in enumerate(WAYS):
        rungs = of_way(figures, way)
        for row, (title, value, _) in enumerate(drawn):
            axis = axes[row][column]
            for name in columns(rungs):
                protection, through = name
                style = {"color": COLOURS[protection], "label": NAMES[protection] + THROUGH[through]}
                points = [(rung, value(cells[name])) for rung, cells in rungs.items() if name in cells]
                steps = [point for point in points if "," not in point[0]]
                bursts = [point for point in points if "," in point[0]]
                if steps:
                    axis.plot(*zip(*steps), marker="o", linestyle=LINES[through], **style)
                if bursts:
                    del style["label"]
                    axis.plot(*zip(*bursts), marker="D" if through == "relay" else "x", linestyle="none", **style)
            axis.grid(alpha=0.3)
            if column == 0:
                axis.set_ylabel(title)
            if row == 0:
                axis.set_title(WAYS[way])
            axis.tick_params(axis="x", rotation=20)
    axes[0][0].legend()
    chart.tight_layout()
    chart.savefig(DOCS / "loss-ladder.svg", metadata={"Date": None})


def main():
    file, cores, command = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    figures = json.loads(file.read_text())
    figures |= {"command": " ".join(command), "cores": int(cores), "processor": processor()}
    for cell in figures["cells"]:
        # The recordings stay where they were made.
        del cell["sound"]
        cell |= {key: round(value, 3) for key, value in cell.items() if isinstance(value, float)}
    del figures["pieces"]
    (DOCS / "loss-ladder.json").write_text(json.dumps(figures, indent=1) + "\n")
    write_tables(figures)
    plot(figures)


if __name__ == "__main__":
    main()
