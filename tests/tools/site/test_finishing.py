"""What becomes of a page after Jupyter Book."""

import re
import struct

import pytest

from tools.site.finishing import FinishError, lighter, named_actions, sized_images

COLOURS = '<script data-cfasync="false">\n  theme\n</script>'


def test_what_no_page_uses_is_left_out():
    page = f"""{COLOURS}
<link rel="preload" as="script" href="a.js" />
<script defer src="_static/scripts/fontawesome.js?digest=1"></script>
<script src="_static/translations.js?v=1"></script>
<script type="text/x-thebe-config">
{{}}
</script>
<script>kernelName = 'python3'</script>
<script>DOCUMENTATION_OPTIONS.pagename = 'a';</script>
<script>let kept = 1;</script>
"""
    left = re.sub(r"(?s)<script data.*?</script>", "", lighter(page))
    assert left.strip() == "<script>let kept = 1;</script>"


def test_scripts_wait_for_the_page():
    page = f'{COLOURS}<script src="a.js"></script><script defer="defer" src="b.js"></script>'
    assert lighter(page).endswith(
        '<script defer src="a.js"></script><script defer="defer" src="b.js"></script>'
    )


def test_a_page_whose_theme_chooses_colours_elsewhere_is_refused():
    with pytest.raises(FinishError, match="script for colours once, found it 0 times"):
        lighter("<p>page</p>")


def test_icons_are_silent():
    icons = [
        '<i class="fa-solid fa-bars"',
        '<i class="fas fa-language" aria-hidden="true"',
        '<i class="theme-switch fa-solid fa-sun   fa-lg" data-mode="light"',
        '<i class="other"',
    ]
    found = lighter(COLOURS + "".join(f"{icon}></i>" for icon in icons))
    silent = [tag.count('aria-hidden="true"') for tag in re.findall(r"<i [^>]*>", found)]
    assert silent == [1, 1, 1, 0]


def test_buttons_name_what_they_do():
    page = '<button onclick="window.print()"><button onclick="toggleFullScreen()">'
    assert named_actions(page) == '<button data-does="print"><button data-does="fullscreen">'
    with pytest.raises(FinishError, match=r"received 'other\(\)'"):
        named_actions('<button onclick="other()">')


def test_images_say_their_size(tmp_path):
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 720, 100)
    (tmp_path / "a.png").write_bytes(head)
    page = '<img alt="A" src="a.png" /><img src="b.png"><img width="5" src="a.png">'
    assert sized_images(page, tmp_path) == (
        '<img alt="A" src="a.png" width="720" height="100" />'
        '<img src="b.png"><img width="5" src="a.png">'
    )
