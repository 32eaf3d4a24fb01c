"""Where this installation keeps what is its own."""

from pathlib import Path

from config.embedded.paths import Layout

BASE_DIR = Path(__file__).resolve().parent.parent.parent.parent
layout = Layout.from_environment()
DATA_DIR = layout.data
