"""What all tests share: hypothesis without a deadline (kernels compile at first use), the same examples every time in CI."""

import os

from hypothesis import settings

settings.register_profile("project", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("project")
