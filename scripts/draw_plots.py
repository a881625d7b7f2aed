"""Draw the plots of docs/ from what was measured: docs/measured/*.json -> assets/plots/*.png.

    python scripts/measure_presets.py --data shapes --record docs/measured/shapes.json
    python -m simclr_core bench --json > docs/measured/bench.json
    python scripts/draw_plots.py

Needs what the tests need (Playwright and a Chromium).
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from simclr_core.figures.colors import GREYS, PALETTE  # noqa: E402

MEASURED, PLOTS = ROOT / "docs" / "measured", ROOT / "assets" / "plots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTH, HEIGHT = 760, 420
COLORS = PALETTE["light"]
INK, MUTED, LINE = (GREYS["light"][name] for name in ("ink", "muted", "line"))
RIVALS = {"knn_accuracy_untrained": "untrained", "knn_accuracy_pixels": "raw pixels"}


def main() -> None:
    """Draw a plot for every file."""
    PLOTS.mkdir(parents=True, exist_ok=True)
    figures: dict[str, go.Figure] = {}
    for path in sorted(MEASURED.glob("*.json")):
        found = json.loads(path.read_text())
        if "runs" in found:
            figures[path.stem] = learning(found)
        elif "device" in found:
            figures |= speed(found)
    with sync_playwright() as playwright:
        executable = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        for name, figure in figures.items():
            page.set_content(figure.to_html(include_plotlyjs=True, config={"staticPlot": True}))
            page.wait_for_selector(".main-svg")
            path = PLOTS / f"{name}.png"
            page.locator(".plot-container").screenshot(path=path)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e3:.0f} kB")
        browser.close()


def learning(found: dict[str, Any]) -> go.Figure:
    """kNN accuracy of the map's pictures while each seed's run trains, and the final figures."""
    figure = go.Figure()
    runs = found["runs"]
    for run in runs:
        seconds, scores = zip(*run["curve"], strict=True)
        figure.add_scatter(
            x=seconds,
            y=scores,
            mode="lines+markers",
            line={"color": COLORS[0], "width": 1.5},
            marker={"size": 4},
            name="on the map's pictures, as it trains",
            showlegend=run is runs[0],
        )
    end = max(run["curve"][-1][0] for run in runs)
    finals = (("knn_accuracy", "final, test pictures", COLORS[6], "diamond"),) + (
        (("supervised", "supervised, test pictures", COLORS[4], "square"),)
        if "supervised" in runs[0]
        else ()
    )
    for i, (key, name, color, symbol) in enumerate(finals):
        figure.add_scatter(
            x=[end * (1.02 + 0.02 * i)] * len(runs),
            y=[run[key] for run in runs],
            mode="markers",
            marker={"color": color, "symbol": symbol, "size": 8},
            name=name,
        )
    for key, name in RIVALS.items():
        mean = sum(run[key] for run in runs) / len(runs)
        figure.add_hline(
            y=mean, line={"color": MUTED, "dash": "dot", "width": 1}, annotation_text=name
        )
    title = f"{found['data']}: {len(runs)} seeds"
    return styled(figure, title, "seconds of training", "kNN accuracy")


def speed(found: dict[str, Any]) -> dict[str, go.Figure]:
    """Views per second by size and operation, and images per second by the size of the data."""
    figures: dict[str, go.Figure] = {}
    if operations := found.get("views_per_second_by_operation"):
        figure = go.Figure()
        for i, (name, sizes) in enumerate(operations.items()):
            figure.add_bar(
                x=[f"{size} px" for size in sizes],
                y=list(sizes.values()),
                name=name,
                marker_color=COLORS[i],
            )
        figures["views"] = styled(figure, "Views by operation and size", "", "views per second")
        figures["views"].update_yaxes(type="log")
    if counts := found.get("images_per_second_by_pictures"):
        figure = go.Figure()
        figure.add_bar(x=list(counts), y=list(counts.values()), marker_color=COLORS[0])
        title = "The preset minute over sets of several sizes"
        figures["data-size"] = styled(figure, title, "pictures", "images per second")
    return figures


def styled(figure: go.Figure, title: str, x: str, y: str) -> go.Figure:
    """Quiet axes, readable words."""
    axis = {"gridcolor": LINE, "zerolinecolor": LINE, "linecolor": MUTED, "ticks": "outside"}
    return figure.update_layout(
        title={"text": title, "font": {"size": 16}},
        width=WIDTH,
        height=HEIGHT,
        plot_bgcolor="white",
        paper_bgcolor="white",
        font={"color": INK, "family": "sans-serif", "size": 13},
        margin={"l": 64, "r": 24, "t": 48, "b": 52},
        legend={"orientation": "h", "y": -0.18, "x": 0},
        xaxis={**axis, "title": x},
        yaxis={**axis, "title": y, "rangemode": "tozero"},
    )


if __name__ == "__main__":
    main()
