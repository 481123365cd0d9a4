"""The palette, computed; figures as a notebook stores them."""

import base64
import io
import itertools

import matplotlib as mpl
import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from charrnn.figures import look
from charrnn.figures.look import COLOURS, TEXT, TINT, new_figure, styled
from tests.helpers.colours import DARK, LIGHT, SEEN, contrast, distance, on_dark_pages, over

LARGE, SMALL = 3, 4.5  # contrasts of the Web Content Accessibility Guidelines 2
GROUNDS = LIGHT[0], DARK[0]


@pytest.mark.parametrize("colour", [*COLOURS, TEXT])
def test_colours_are_seen_on_light_and_on_dark_pages(colour):
    for ground in GROUNDS:
        assert contrast(colour, ground) >= LARGE
    assert contrast(on_dark_pages(colour), DARK[0]) >= LARGE


def test_small_text_has_its_contrast_also_on_tints():
    light, dark = GROUNDS
    assert contrast(TEXT, light) >= SMALL
    assert contrast(on_dark_pages(TEXT), dark) >= SMALL
    for colour in COLOURS:
        assert contrast(TEXT, over(colour + TINT, light)) >= SMALL
        bright = to_hex(on_dark_pages(colour)) + TINT
        assert contrast(on_dark_pages(TEXT), over(bright, dark)) >= SMALL


@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("brightened", [False, True], ids=["light", "dark"])
def test_colours_are_told_apart(seen, brightened):
    shown = [on_dark_pages(colour) if brightened else to_rgb(colour) for colour in COLOURS]
    for count, least in {len(COLOURS): 16, 4: 27}.items():
        pairs = itertools.combinations(shown[:count], 2)
        assert min(distance(*pair, seen) for pair in pairs) > least


@pytest.mark.parametrize("seen", SEEN)
def test_the_simulation_takes_away_what_it_should(seen):
    """Red and green of one lightness: far apart, but not for who lacks a kind of cones."""
    far = distance("#b06000", "#708000", seen)
    assert (far > 30) == (seen == "all cones")
    assert distance("#b06000", "#b06000", seen) == 0
    assert distance("#ffffff", "#000000", seen) == pytest.approx(100, abs=0.1)


def test_contrasts_are_those_of_the_guidelines():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert over("#ff000080", "#0000ff") == pytest.approx((128 / 255, 0, 127 / 255))


def settings():
    return {name: mpl.rcParams[name] for name in mpl.rcParams if name != "backend"}


def test_the_look_is_left_to_figures_of_the_book():
    before = settings()
    new_figure()
    assert settings() == before


def test_a_function_draws_in_the_look_whatever_is_set():
    @styled
    def draw():
        figure, axes = new_figure()
        axes.set(title="t", xlabel="x")
        axes.plot([0, 1])
        return figure, axes, axes.text(0, 0, "text")

    with mpl.rc_context({"font.size": 3, "text.color": "red", "axes.labelcolor": "red"}):
        figure, axes, text = draw()
        figure.draw_without_rendering()
    words = [text, axes.xaxis.label, axes.title, *axes.get_xticklabels()]
    assert {(word.get_fontsize(), word.get_color()) for word in words} == {(13, TEXT)}
    assert axes.lines[0].get_color() == COLOURS[0]


def test_ticks_have_the_look_also_those_that_are_made_when_they_are_drawn():
    with mpl.rc_context({"font.size": 3, "ytick.color": "red", "ytick.labelsize": 3}):
        figure, axes = new_figure()
        axes.set(ylim=(1, 700), yscale="log")
        figure.draw_without_rendering()
        ticks = axes.yaxis.get_major_ticks() + axes.yaxis.get_minor_ticks()
    assert len(ticks) > 10
    assert {(tick.label1.get_fontsize(), tick.label1.get_color()) for tick in ticks} == {(13, TEXT)}
    assert {tick.tick1line.get_color() for tick in ticks} == {TEXT}


def test_the_ground_is_transparent_and_the_size_is_that_of_the_figure():
    figure, axes = new_figure(6, 2)
    axes.plot([0, 1])
    picture = Image.open(io.BytesIO(figure.png()))
    assert picture.size == (900, 300)
    assert picture.mode == "P"
    assert {round(dots) for dots in picture.info["dpi"]} == {150}
    pixels = np.asarray(picture.convert("RGBA"))
    assert (pixels[..., 3] == 0).mean() > 0.9


def test_a_picture_with_a_palette_looks_like_the_one_without():
    random = np.random.default_rng(0)
    figure, axes = new_figure(3, 2)
    for colour in COLOURS:
        axes.plot(random.normal(size=20), "o-", color=colour)
        axes.text(random.integers(20), 0, "text", color=colour)
    plain = io.BytesIO()
    figure.savefig(plain, format="png", dpi="figure")
    pictures = [Image.open(io.BytesIO(data)) for data in (plain.getvalue(), figure.png())]
    for ground in ("white", "black"):
        first, second = (
            np.asarray(Image.alpha_composite(Image.new("RGBA", image.size, ground), image))
            for image in (picture.convert("RGBA") for picture in pictures)
        )
        difference = np.abs(first.astype(int) - second)
        assert np.percentile(difference, 99.9) < 40  # on the edges of lines
        assert difference.mean() < 0.5
    assert len(figure.png()) < len(plain.getvalue()) * 0.7


def test_a_notebook_shows_the_figure_at_two_thirds_of_its_dots():
    InteractiveShell.instance()
    figure, axes = new_figure(6, 2)
    axes.plot([0, 1])
    with capture_output() as captured:
        figure._ipython_display_()
    (output,) = captured.outputs
    picture = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
    assert picture.size == (900, 300)
    assert output.data["text/plain"] == repr(figure)
    assert output.metadata == {"image/png": {"width": 600, "needs_background": "light"}}


def test_public_names():
    assert set(look.__all__) == {
        "COLOURS", "TEXT", "TINT", "BookFigure", "colours", "new_figure", "styled",
    }  # fmt: skip


def test_what_the_first_figure_switches_on_stays_on():
    """IPython's backend is set up by it, and shows no second figure without."""
    with mpl.rc_context({"interactive": False}):
        styled(lambda: mpl.interactive(True))()
        assert mpl.is_interactive()
        styled(lambda: mpl.interactive(False))()
        assert not mpl.is_interactive()
