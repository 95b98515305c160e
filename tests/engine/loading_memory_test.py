"""What memory loading a model takes at its peak."""

import pathlib
import re

from engine_process import CHAT_MODEL, Engine

# Of the file, as a step of letting its pages go and what threads need by chance; the file is 92.
OVER_MIB_MAX = 12


def test_the_file_and_what_is_copied_out_of_it_are_never_both_in_memory():
    # With so small a context nothing that comes later hides the peak of loading.
    with Engine(CHAT_MODEL, "--context-cells", "512") as engine:
        status = pathlib.Path(f"/proc/{engine.process.pid}/status").read_text()
    peak, now = (int(re.search(rf"{name}:\s+(\d+) kB", status).group(1)) / 1024
                 for name in ("VmHWM", "VmRSS"))
    assert peak - now < OVER_MIB_MAX
