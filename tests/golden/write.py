"""``make golden``: write the golden values anew. Look at the difference before committing it: each is a changed meaning."""

import json
from pathlib import Path

from tests.golden.corpus import measure

GOLDEN = Path(__file__).parent / "values.json"

if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(measure(), indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
