"""Set-up that every test shares."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: a slow machine is not a fault. In CI the same examples each time: a red run can be repeated.
settings.register_profile("tipbrief", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("tipbrief")
