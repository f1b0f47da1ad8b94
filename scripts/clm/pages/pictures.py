"""Images embedded in pages, readable on narrow screens and without other files."""

import base64
import html
from pathlib import Path

LEAST = 0.65  # smallest scale of an image, so that letters of 5 pt at 200 dpi stay 9 px high
STYLE = """
.scroll { overflow-x: auto; max-width: 100% } .scroll img { width: 100%; height: auto; display: block }
@media (max-width: 900px) { .scroll img { min-width: var(--least) } }
"""


def picture(path: Path, alt: str, title: str) -> str:
    """Return a PNG as HTML that scrolls sideways where the page is too narrow to read it."""
    content = path.read_bytes()
    data = base64.b64encode(content).decode()
    least = f' style="--least: {round(LEAST * png_width(content))}px"'
    text = f'src="data:image/png;base64,{data}" alt="{html.escape(alt)}" title="{html.escape(title)}"'
    return f'<div class="scroll"><img {text}{least}></div>'


def png_width(content: bytes) -> int:
    """Return the width of a PNG in pixels, 0 if the file is too short."""
    return int.from_bytes(content[16:20], "big")
