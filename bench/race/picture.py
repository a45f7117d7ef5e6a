"""Picture: the medians of the race as bars, with the way from the shortest to
the longest edit. Reads [[name, [ms, ...]], ...]; runs where matplotlib is.
Usage: picture.py FOLDER <bars.json"""
import json
import statistics
import sys

import matplotlib

matplotlib.use("Agg")
# Text stays text and names do not change between runs: a small diff.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "race"})

import matplotlib.pyplot as plot  # noqa: E402


def main(folder):
    bars = json.load(sys.stdin)[::-1]
    names = [name for name, took in bars]
    medians = [statistics.median(took) for name, took in bars]
    whiskers = [[median - min(took) for median, (name, took)
                 in zip(medians, bars)],
                [max(took) - median for median, (name, took)
                 in zip(medians, bars)]]
    colours = ["#1b7f5c" if name.startswith("Cowbird") else "#9aa5b1"
               for name in names]
    figure, axes = plot.subplots(figsize=(8, 0.4 * len(names) + 1.2))
    axes.barh(names, medians, xerr=whiskers, color=colours,
              error_kw={"elinewidth": 0.8, "capsize": 2})
    axes.set_xscale("log")
    figure.supxlabel("from a save to the first answer by new code, ms "
                     "(median, min to max; log scale)", fontsize=10)
    for place, (median, (name, took)) in enumerate(zip(medians, bars)):
        axes.annotate(" %.0f" % median, (max(took), place), va="center",
                      xytext=(4, 0), textcoords="offset points")
    axes.margins(x=0.12)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(folder + "/race.png", dpi=90)
    figure.savefig(folder + "/race.svg", metadata={"Date": None})


if __name__ == "__main__":
    main(sys.argv[1])
